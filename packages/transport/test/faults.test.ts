import { type OwnBroker, startOwnBroker } from '@leveret/tooling-brokers';
import { startTcpProxy } from '@leveret/tooling-rabbitmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTransport, type Transport } from '../src/index.js';
import { EventLog, startSilentServer, until } from './helpers.js';

// These break their broker: it is always one of their own.
let broker: OwnBroker;

beforeAll(async () => {
  broker = await startOwnBroker();
});
afterAll(() => broker.remove());

async function consumeAll(transport: Transport, name: string): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  await transport.connect();
  await transport.consume({ queue: { name, durable: true } }, ({ body, ack }) => {
    const text = body.toString();
    seen.set(text, (seen.get(text) ?? 0) + 1);
    ack();
  });
  return seen;
}

describe('under load', () => {
  it('loses no message while an operator closes all connections, again and again', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    const seen = await consumeAll(transport, 'closed-under-load');
    const published: Promise<unknown>[] = [];
    for (let round = 0; round < 4; round += 1) {
      await until(() => log.of('connection-lost').length === round * 2 && transport.health().ready);
      for (let i = 0; i < 1_500; i += 1) {
        published.push(transport.publish({ routingKey: 'closed-under-load' }, `${round}-${i}`, { mandatory: true }));
        if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await broker.closeConnections('under load');
    }
    await Promise.all(published);
    await until(() => seen.size === 6_000);
    expect(log.of('connection-lost').length).toBeGreaterThanOrEqual(8);
    expect(transport.health()).toMatchObject({ ready: true, messages: { waiting: 0, unconfirmed: 0 } });
  });

  it('loses no message when the network resets connections in the middle of frames', async () => {
    await using proxy = await startTcpProxy({ port: broker.port });
    const log = new EventLog();
    await using transport = createTransport(proxy.through(broker.url), { onEvent: log.onEvent });
    const seen = await consumeAll(transport, 'reset-under-load');
    const body = 'x'.repeat(20_000);
    const published: Promise<unknown>[] = [];
    for (let i = 0; i < 600; i += 1) {
      if (i % 150 === 0) {
        await until(() => log.of('connection-lost').length === i / 75 && transport.health().ready);
      }
      published.push(transport.publish({ routingKey: 'reset-under-load' }, `${i} ${body}`, { mandatory: true }));
      if (i % 150 === 149) {
        await new Promise((resolve) => setImmediate(resolve));
        proxy.reset();
      }
    }
    await Promise.all(published);
    await until(() => seen.size === 600);
    expect(log.of('connection-lost').length).toBeGreaterThanOrEqual(8);
  });

  it('outlives a killed broker: what was confirmed is there, what was not is sent again', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    const seen = await consumeAll(transport, 'killed');
    const first = Array.from({ length: 500 }, (_, i) =>
      transport.publish({ routingKey: 'killed' }, `a${i}`, { mandatory: true, timeoutMs: 120_000 }),
    );
    await Promise.all(first);
    await broker.kill();
    const second = Array.from({ length: 500 }, (_, i) =>
      transport.publish({ routingKey: 'killed' }, `b${i}`, { mandatory: true, timeoutMs: 120_000 }),
    );
    await broker.restart();
    await Promise.all(second);
    await until(() => seen.size === 1_000);
    expect(log.of('consumer-started')).toMatchObject([{ restored: false }, { restored: true }]);
  }, 150_000);
});

describe('failover', () => {
  it('goes on with the next host when the one in use goes away, and the first it tries is not the one that failed', async () => {
    await using a = await startTcpProxy({ port: broker.port });
    await using b = await startTcpProxy({ port: broker.port });
    const user = `${broker.username}:${broker.password}`;
    const log = new EventLog();
    await using transport = createTransport(`rabbit://${user}@127.0.0.1:${a.port},${user}@127.0.0.1:${b.port}/`, {
      onEvent: log.onEvent,
      hostOrder: 'given',
    });
    await transport.connect();
    expect([a.accepted, b.accepted]).toEqual([2, 0]);
    a.refuse();
    a.reset();
    await until(() => log.of('connection-lost').length === 2 && transport.health().ready);
    expect(b.accepted).toBe(2);
    expect(transport.state).toMatchObject({
      publish: { status: 'open', host: `127.0.0.1:${b.port}` },
      consume: { status: 'open', host: `127.0.0.1:${b.port}` },
    });
    expect(log.of('connection-attempt-failed')).toEqual([]);
  });

  it('starts the next host beside one that swallows everything, and leaves no socket there', async () => {
    await using swallowing = await startSilentServer();
    await using good = await startTcpProxy({ port: broker.port });
    const user = `${broker.username}:${broker.password}`;
    const log = new EventLog();
    await using transport = createTransport(
      `rabbit://${user}@127.0.0.1:${swallowing.port},${user}@127.0.0.1:${good.port}/`,
      { onEvent: log.onEvent, hostOrder: 'given' },
    );
    const before = performance.now();
    await transport.connect();
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(transport.state).toMatchObject({
      publish: { status: 'open', host: `127.0.0.1:${good.port}` },
      consume: { status: 'open', host: `127.0.0.1:${good.port}` },
    });
    expect(log.of('connection-attempt-failed')).toMatchObject([
      { host: `127.0.0.1:${swallowing.port}`, error: { message: expect.stringContaining('another host was ready') } },
      { host: `127.0.0.1:${swallowing.port}` },
    ]);
    expect(swallowing.accepted).toBe(2);
    await until(() => swallowing.connections === 0);
  });

  it('notices a host that has fallen silent by its heartbeat, and leaves no socket behind', async () => {
    await using silent = await startTcpProxy({ port: broker.port });
    await using good = await startTcpProxy({ port: broker.port });
    const user = `${broker.username}:${broker.password}`;
    const log = new EventLog();
    await using transport = createTransport(
      `rabbit://${user}@127.0.0.1:${silent.port},${user}@127.0.0.1:${good.port}/`,
      { onEvent: log.onEvent, hostOrder: 'given', heartbeatMs: 1_000 },
    );
    await transport.connect();
    silent.freeze();
    const published = transport.publish({ routingKey: 'nobody' }, 'x');
    await until(() => log.of('connection-lost').length === 2 && transport.health().ready);
    for (const { error } of log.of('connection-lost')) expect(error.message).toMatch(/silent for \d+ ms/);
    expect(await published).toEqual({ attempts: 2 });
    silent.thaw();
    await until(() => silent.connections === 0);
  });
});

describe('a broker that blocks', () => {
  it('holds publishes back until it unblocks, and lets consumers go on', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    const seen = await consumeAll(transport, 'blocked');
    await transport.publish({ routingKey: 'blocked' }, 'before');
    await broker.raiseMemoryAlarm();
    // RabbitMQ blocks a connection when it next publishes.
    const during = transport.publish({ routingKey: 'blocked' }, 'during');
    await until(() => log.of('connection-blocked').length > 0);
    expect(transport.state.publish).toMatchObject({ status: 'open', blocked: true });
    expect(transport.health()).toMatchObject({ ready: false, blocked: true });
    await expect(transport.publish({ routingKey: 'blocked' }, 'impatient', { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'ERR_LEVERET_DELIVERY',
      outcome: 'not-sent',
      message: expect.stringContaining('blocked'),
    });
    await broker.clearMemoryAlarm();
    await during;
    await until(() => seen.has('before') && seen.has('during'));
    expect(log.of('connection-unblocked').length).toBeGreaterThan(0);
    expect(seen.has('impatient')).toBe(false);
  });

  it('can be closed while it blocks', async () => {
    const log = new EventLog();
    const transport = createTransport(broker.url, { onEvent: log.onEvent });
    await transport.connect();
    await broker.raiseMemoryAlarm();
    const waiting = transport.publish({ routingKey: 'q' }, 'x').catch((error) => error.code);
    await until(() => log.of('connection-blocked').length > 0);
    await transport.close({ drainMs: 50 });
    expect(await waiting).toMatch(/ERR_LEVERET_(CONNECTION_CLOSED|DELIVERY)/);
    await broker.clearMemoryAlarm();
  });
});

describe('a broker that stands still', () => {
  it('fails a publish at its deadline, not knowing; and is left within the limit', async () => {
    const transport = createTransport(broker.url);
    await transport.connect();
    await broker.freeze();
    try {
      await expect(transport.publish({ routingKey: 'q' }, 'x', { timeoutMs: 200 })).rejects.toMatchObject({
        code: 'ERR_LEVERET_DELIVERY',
        outcome: 'unknown',
      });
      const before = performance.now();
      await transport.close({ drainMs: 200 });
      expect(performance.now() - before).toBeLessThan(3_000);
    } finally {
      broker.thaw();
    }
  });
});
