import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { TransportEvent } from './events.js';
import { type ScriptedBroker, startScriptedBroker } from './testing/scripted-broker.js';
import { createTransport, type Transport } from './transport.js';

const MISSING = "NOT_FOUND - no queue 'q' in vhost '/'";
const AT_ONCE = {
  *[Symbol.iterator]() {
    for (;;) yield 1;
  },
};

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(2);
}

function open(broker: ScriptedBroker): { readonly transport: Transport; readonly events: TransportEvent[] } {
  const events: TransportEvent[] = [];
  const transport = createTransport(broker.url, {
    reconnectBackoff: AT_ONCE,
    onEvent: (event) => events.push(event),
  });
  return { transport, events };
}

function count(broker: ScriptedBroker, method: ScriptedBroker['received'][number]): number {
  return broker.received.filter((each) => each === method).length;
}

describe('the first subscription', () => {
  it.each(['queue.declare', 'basic.consume'] as const)('is tried once more when %s finds nothing', async (method) => {
    await using broker = await startScriptedBroker();
    broker.refuse(method, 404, MISSING, 1);
    const { transport, events } = open(broker);
    await using _ = transport;
    const consumer = await transport.consume({ queue: { name: 'q' } }, () => {});
    expect(consumer.active).toBe(true);
    expect(events.filter(({ type }) => type === 'consumer-interrupted')).toEqual([]);
  });

  it('fails when what it needs is missing twice', async () => {
    await using broker = await startScriptedBroker();
    broker.refuse('basic.consume', 404, MISSING, 5);
    const { transport } = open(broker);
    await using _ = transport;
    await expect(transport.consume({ queue: { name: 'q' } }, () => {})).rejects.toMatchObject({
      code: 'ERR_LEVERET_NOT_FOUND',
    });
    expect(count(broker, 'basic.consume')).toBe(2);
  });

  it.each([403, 405, 406])('fails at once when the broker refuses it: %d', async (replyCode) => {
    await using broker = await startScriptedBroker();
    broker.refuse('queue.declare', replyCode, 'not so', 5);
    const { transport } = open(broker);
    await using _ = transport;
    await expect(transport.consume({ queue: { name: 'q' } }, () => {})).rejects.toMatchObject({
      code: 'ERR_LEVERET_DECLARATION',
      replyCode,
      message: expect.stringContaining("declaring queue 'q'"),
    });
    expect(count(broker, 'queue.declare')).toBe(1);
  });

  it('waits and declares again when the broker fails by itself (541)', async () => {
    await using broker = await startScriptedBroker();
    broker.refuse('queue.declare', 541, 'INTERNAL_ERROR', 2);
    const { transport } = open(broker);
    await using _ = transport;
    const consumer = await transport.consume({ queue: { name: 'q' } }, () => {});
    expect(consumer.active).toBe(true);
    expect(count(broker, 'queue.declare')).toBe(3);
  });
});

describe('a consumer that had received', () => {
  it.each([403, 404, 406])('tries on while the broker refuses it, and tells of each time: %d', async (code) => {
    await using broker = await startScriptedBroker();
    const { transport, events } = open(broker);
    await using _ = transport;
    const consumer = await transport.consume({ queue: { name: 'q' } }, () => {});
    broker.refuse('queue.declare', code, 'not so', 3);
    for (const socket of broker.sockets) socket.resetAndDestroy();
    await until(() => events.filter(({ type }) => type === 'consumer-started').length === 2);
    expect(consumer.active).toBe(true);
    const interruptions = events.filter(({ type }) => type === 'consumer-interrupted');
    expect(interruptions).toHaveLength(3);
    expect(interruptions[0]).toMatchObject({ queue: 'q', error: { message: expect.stringContaining('not so') } });
  });

  it('says in health why it does not receive', async () => {
    await using broker = await startScriptedBroker();
    const { transport } = open(broker);
    await using _ = transport;
    await transport.consume({ queue: { name: 'q' } }, () => {});
    broker.refuse('queue.declare', 403, 'ACCESS_REFUSED', 1_000);
    for (const socket of broker.sockets) socket.resetAndDestroy();
    await until(() => transport.health().reasons.ready.join().includes('ACCESS_REFUSED'));
    expect(transport.health()).toMatchObject({ live: true, ready: false, consumers: { active: 0, total: 1 } });
  });

  it('ends when the connection is given up', async () => {
    await using broker = await startScriptedBroker();
    await using transport = createTransport(broker.url, { reconnectBackoff: [] });
    const consumer = await transport.consume({ queue: { name: 'q' } }, () => {});
    for (const socket of broker.sockets) socket.resetAndDestroy();
    expect(await consumer.closed).toMatchObject({
      reason: 'connection-closed',
      error: { code: 'ERR_LEVERET_CONNECTION_CLOSED', message: expect.stringContaining('Gave up connecting') },
    });
    expect(transport.health()).toMatchObject({ live: false, ready: false });
  });

  it('is cancelled for good while it is being declared again', async () => {
    await using broker = await startScriptedBroker();
    const { transport, events } = open(broker);
    await using _ = transport;
    const consumer = await transport.consume({ queue: { name: 'q' } }, () => {});
    broker.refuse('queue.declare', 404, MISSING, 1_000);
    for (const socket of broker.sockets) socket.resetAndDestroy();
    await until(() => events.some(({ type }) => type === 'consumer-interrupted'));
    await consumer.cancel();
    expect(await consumer.closed).toEqual({ reason: 'cancelled' });
    const declared = count(broker, 'queue.declare');
    for (const socket of broker.sockets) socket.resetAndDestroy();
    await until(() => events.filter(({ type }) => type === 'connection-opened').length >= 3);
    expect(count(broker, 'queue.declare')).toBeLessThanOrEqual(declared + 1);
    expect(transport.health().consumers).toEqual({ active: 0, total: 0 });
    expect(events.filter(({ type }) => type === 'consumer-ended')).toHaveLength(1);
  });
});
