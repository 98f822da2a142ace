import { type OwnBroker, startOwnBroker } from '@leveret/tooling-brokers';
import { createTransport } from '@leveret/transport';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRpcClient, createRpcServer } from '../src/index.js';

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

it('stops server and client while the broker stands still', async () => {
  const { stopAll } = await startBoth('frozen');
  await broker.freeze();
  try {
    expect(await stopAll()).toBeLessThan(8_000);
  } finally {
    broker.thaw();
  }
});

it('stops server and client while the broker is away', async () => {
  const { stopAll } = await startBoth('killed');
  await broker.kill();
  expect(await stopAll()).toBeLessThan(8_000);
});
