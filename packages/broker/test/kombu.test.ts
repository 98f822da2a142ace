import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureOslo } from '@leveret/tooling-oslo';
import { runProgram } from '@leveret/tooling-rabbitmq';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Broker } from '../src/broker.js';
import { brokerInTest, clientOf, confirming, publish, until } from './broker-in-test.js';
import { range } from './clients/loads.js';
import { selfSigned } from './clients/self-signed.js';

const program = fileURLToPath(new URL('python/kombu_client.py', import.meta.url));

/** Runs a scenario of the program to its end, and returns what it saw. */
async function kombu(scenario: string, broker: Broker, ...args: readonly string[]): Promise<unknown> {
  // oslo.messaging stands on kombu: who has the one has the other.
  const { python } = await ensureOslo();
  const url = broker.url.replace(/%2F$/, '/');
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const ended = await runProgram(python, [program, scenario, url, ...args], { env, timeoutMs: 25_000 });
  if (ended.status !== 0)
    throw new Error(`${scenario} failed (status ${ended.status}):\n${ended.stdout}${ended.stderr}`);
  return JSON.parse(ended.stdout);
}

describe('kombu', () => {
  it('declares, publishes with confirms, and consumes no more than its prefetch', async () => {
    const { broker } = await brokerInTest();
    expect(await kombu('messages', broker)).toEqual({ unacknowledged: 10, in_order: true });
    await broker.idle();
    expect(broker.counts()).toMatchObject({ published: 500, confirmed: 500, delivered: 500, acknowledged: 500 });
  });

  it('gets, puts back, rejects, purges and deletes', async () => {
    const { broker } = await brokerInTest();
    expect(await kombu('one_by_one', broker)).toEqual({
      nothing: null,
      again: ['first', true],
      large: true,
      purged: 3,
      deleted: 0,
      simple: { hello: 'world' },
    });
    await until(() => broker.connections().length === 0);
  });

  it('hears what came back and what was refused, as the classes of its errors', async () => {
    const { broker } = await brokerInTest();
    expect(await kombu('refusals', broker)).toEqual({
      returned: [[312, 'NO_ROUTE', '', 'nowhere']],
      errors: [
        ['MessageNacked'],
        ['NotFound', 404, "NOT_FOUND - no queue 'missing' in vhost '/'"],
        [
          'PreconditionFailed',
          406,
          "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'there' in vhost '/': received 'false' but current is 'true'",
        ],
        ['AccessRefused', 403, "ACCESS_REFUSED - exchange name 'amq.mine' contains reserved prefix 'amq.*'"],
        ['AccessRefused', 403, "ACCESS_REFUSED - queue 'full' in vhost '/' in exclusive use"],
      ],
    });
  });

  it('calls through direct reply-to', async () => {
    const { broker } = await brokerInTest();
    expect(await kombu('calls', broker)).toEqual({
      replies: range(20).map((number) => [number * 2, String(number)]),
    });
  });

  it('connects over TLS', async () => {
    const tls = selfSigned();
    const folder = await mkdtemp(join(tmpdir(), 'leveret-kombu-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'ca.pem'), tls.cert);
    const { broker } = await brokerInTest({ tls });
    expect(await kombu('encrypted', broker, join(folder, 'ca.pem'))).toEqual({ length: 1_000_000 });
  });

  it('consumes on, whatever becomes of its connection', async () => {
    const { broker } = await brokerInTest();
    const ended = kombu('worker', broker);
    const strikes = [
      () => broker.faults.resetConnections(),
      () => broker.faults.closeConnections({ reason: 'maintenance' }),
      () => broker.restart({ downMs: 100 }),
    ];
    const send = async (body: string): Promise<void> => {
      const { connection, ...client } = await clientOf(broker, 'the test');
      const channel = await confirming({ connection, ...client });
      expect(await publish(channel, 'kombu.jobs', body)).toBe('ack');
      await connection.close();
    };
    for (const [number, strike] of strikes.entries()) {
      await expect.poll(() => broker.consumers().length, { timeout: 10_000 }).toBe(1);
      await send(String(number));
      await broker.idle();
      await strike();
    }
    await send('stop');
    expect(await ended).toEqual({ seen: ['0', '1', '2', 'stop'], revived: 3 });
  });

  it('publishes again what was not confirmed when its connection was cut', async () => {
    const { broker } = await brokerInTest();
    const cut = broker.faults.cutAtFrame(700, { midFrame: true, times: 3 });
    expect(await kombu('publisher', broker)).toEqual({ published: 1000 });
    expect(cut.hits).toBe(3);
    const { channel } = await clientOf(broker);
    const seen: string[] = [];
    await channel.consume('kombu.published', (message) => void seen.push(String(message?.content)), { noAck: true });
    await until(() => seen.at(-1) === '999');
    expect([...new Set(seen)]).toEqual(range(1000).map(String));
  });

  it('sends heartbeats, is left when it does not, and notices a broker that has fallen silent', async () => {
    // Side by side, because it takes seconds: one broker each.
    const brokers = await Promise.all(range(3).map(() => brokerInTest({ heartbeatSeconds: 2 })));
    const [beating, silent, deserted] = brokers as [(typeof brokers)[0], (typeof brokers)[0], (typeof brokers)[0]];
    const ended = Promise.all([
      kombu('beating', beating.broker),
      kombu('silent', silent.broker),
      kombu('deserted', deserted.broker),
    ]);
    await expect.poll(() => deserted.broker.connections()[0]?.status, { timeout: 10_000 }).toBe('open');
    using _silence = deserted.broker.faults.freeze();
    expect(await ended).toEqual([
      { interval: 2, connected: true },
      { lost: true },
      { error: 'Too many heartbeats missed' },
    ]);
    expect(silent.reasons()).toEqual([expect.stringContaining('heartbeat')]);
  });
});
