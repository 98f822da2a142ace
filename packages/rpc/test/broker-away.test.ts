import { type OwnBroker, startOwnBroker } from '@leveret/tooling-brokers';
import { createTransport } from '@leveret/transport';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRpcClient, createRpcServer, type ServerOptions } from '../src/index.js';

// These take their broker away: it is always one of their own.
let broker: OwnBroker;

beforeAll(async () => {
  broker = await startOwnBroker();
});
afterAll(() => broker.remove());

async function startBoth(topic: string): Promise<{ readonly stopAll: () => Promise<number> }> {
  const transport = createTransport(broker.url);
  const server = createRpcServer(transport, { topic, server: 's1' }, [{ methods: { echo: ({ value }) => value } }]);
  await server.start();
  const client = createRpcClient(transport, { topic });
  expect(await client.call('echo', { value: 1 })).toBe(1);
  return {
    async stopAll() {
      const before = performance.now();
      await Promise.all([server.stop({ drainMs: 200 }), client.close()]);
      await transport.close({ drainMs: 200 });
      return performance.now() - before;
    },
  };
}

// A broker that starts on a busy machine takes its time.
const patience = { timeout: 90_000 };

const running = Array.from({ length: 10 }, (_, id) => id);
const waiting = Array.from({ length: 20 }, (_, index) => running.length + index);

/**
 * Ten calls that run and twenty that wait for them in their queue, when the broker is killed, and started again; the
 * methods end while it is gone.
 */
async function callThroughRestart(topic: string, more: ServerOptions, waitingTimeoutMs: number) {
  await using near = createTransport(broker.url);
  await using far = createTransport(broker.url);
  const begun: number[] = [];
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const work = async ({ id }: { id: number }) => {
    begun.push(id);
    await gate;
    return id;
  };
  const { durable = false } = more;
  const shared = { controlExchange: `${topic}-x`, durable };
  const options: ServerOptions = { ...more, ...shared, concurrency: running.length };
  await using server = createRpcServer(near, { topic, server: 's1' }, [{ methods: { work } }], options);
  await server.start();
  await using client = createRpcClient(far, { topic }, { ...shared, timeoutMs: 60_000 });
  const send = (id: number, timeoutMs: number) =>
    client.call('work', { id }, { timeoutMs }).catch((error: unknown) => error);
  const first = running.map((id) => send(id, 60_000));
  await expect.poll(() => begun.length, { timeout: 10_000, interval: 10 }).toBe(running.length);
  const later = waiting.map((id) => send(id, waitingTimeoutMs));
  await broker.kill();
  open();
  await broker.restart();
  const answers = { ofRunning: await Promise.all(first), ofWaiting: await Promise.all(later) };
  return { ...answers, begun: begun.sort((a, b) => a - b) };
}

it('stops server and client while the broker stands still', async () => {
  const { stopAll } = await startBoth('frozen');
  await broker.freeze();
  try {
    expect(await stopAll()).toBeLessThan(8_000);
  } finally {
    broker.thaw();
  }
});

it(
  'answers every call when the broker is killed and started again, with durable queues, and runs none twice',
  patience,
  async () => {
    const answers = await callThroughRestart('outlives', { durable: true, acknowledge: 'after' }, 60_000);
    expect(answers).toEqual({ ofRunning: running, ofWaiting: waiting, begun: [...running, ...waiting] });
  },
);

it(
  'answers what ran when the broker was killed although all queues have gone with it, and names what was lost',
  patience,
  async () => {
    const { ofRunning, ofWaiting } = await callThroughRestart('goes', {}, 3_000);
    expect(ofRunning).toEqual(running);
    for (const [index, answer] of ofWaiting.entries()) {
      if (answer !== waiting[index]) expect(answer).toMatchObject({ code: 'ERR_LEVERET_TIMEOUT' });
    }
  },
);

it('stops server and client while the broker is away', async () => {
  const { stopAll } = await startBoth('killed');
  await broker.kill();
  expect(await stopAll()).toBeLessThan(8_000);
});

it('consumes again when the broker is back, although connecting was given up', async () => {
  await broker.restart();
  await using transport = createTransport(broker.url, { reconnectBackoff: [20, 20] });
  const reasons: string[] = [];
  await using server = createRpcServer(transport, { topic: 'returns', server: 's1' }, [{ methods: { m: () => 1 } }], {
    onEvent: (event) => void (event.type === 'consumer-ended' && reasons.push(event.reason)),
  });
  await server.start();
  await broker.kill();
  await expect.poll(() => server.status, { timeout: 10_000 }).toBe('failed');
  expect(reasons.slice(0, 3)).toEqual(Array(3).fill('connection-closed'));
  await broker.restart();
  await expect.poll(() => server.status, { timeout: 60_000, interval: 100 }).toBe('running');
  await using client = createRpcClient(transport, { topic: 'returns' });
  expect(await client.call('m')).toBe(1);
}, 120_000);
