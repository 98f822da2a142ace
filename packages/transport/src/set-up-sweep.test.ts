import { setTimeout as delay } from 'node:timers/promises';
import { type Broker, type CutOptions, startBroker } from '@leveret/broker';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TransportEvent } from './events.js';
import { createTransport, type Transport } from './transport.js';

// Cuts a connection at its n-th frame, for every n that a set-up has: whatever was under way, all comes right.
let broker: Broker;

beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.close());

const AT_ONCE = {
  *[Symbol.iterator]() {
    for (;;) yield 1;
  },
};
const exchange = { name: 'sweep', type: 'topic' } as const;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(1);
}

interface Set {
  readonly transport: Transport;
  readonly received: string[];
  readonly events: TransportEvent[];
}

function open(): Set {
  const events: TransportEvent[] = [];
  const transport = createTransport(broker.url, {
    reconnectBackoff: AT_ONCE,
    onEvent: (event) => events.push(event),
  });
  return { transport, events, received: [] };
}

/** A consumer of a queue that outlives its connection, and so does what is in it; bound to an exchange. */
async function consume({ transport, received }: Set, queue: string): Promise<void> {
  await transport.consume({ queue: { name: queue }, bindings: [{ exchange, routingKey: queue }] }, (delivery) => {
    received.push(delivery.body.toString());
    delivery.ack();
  });
}

async function expectDelivered({ transport, received }: Set, queue: string, body: string): Promise<void> {
  // Returned while the queue is not back: then once more.
  for (;;) {
    try {
      await transport.publish({ exchange, routingKey: queue }, body, { mandatory: true });
      break;
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_LEVERET_UNDELIVERABLE' });
      await delay(2);
    }
  }
  await until(() => received.includes(body));
}

const CUTS: readonly [string, CutOptions][] = [
  ['after a frame of ours', { direction: 'received' }],
  ['in the middle of a frame of ours', { direction: 'received', midFrame: true }],
  ['after a frame of the broker', { direction: 'sent' }],
  ['in the middle of a frame of the broker', { direction: 'sent', midFrame: true, how: 'drop' }],
];

// A set-up has about a dozen frames in each direction; past these nothing is left to cut.
const FRAMES_AT_MOST = 60;

describe.each(CUTS)('a connection cut %s, for each frame', { timeout: 30_000 }, (where, options) => {
  beforeEach(() => until(() => broker.connections().length === 0));

  it('of the first set-up: everything asked for succeeds', async () => {
    let frame = 1;
    for (; frame <= FRAMES_AT_MOST; frame += 1) {
      using cut = broker.faults.cutAtFrame(frame, options);
      const queue = `first ${where} ${frame}`;
      const set = open();
      await using transport = set.transport;
      await Promise.all([transport.connect(), consume(set, queue)]);
      await expectDelivered(set, queue, 'x');
      if (cut.hits === 0) break;
      expect(set.events.filter(({ type }) => type === 'consumer-ended')).toEqual([]);
    }
    expect(frame).toBeGreaterThan(8);
    expect(frame).toBeLessThan(FRAMES_AT_MOST);
  });

  it('of a recovery, which starts over: each consumer is back once', async () => {
    const set = open();
    await using transport = set.transport;
    await transport.connect();
    const queue = `recovered ${where}`;
    await consume(set, queue);
    let frame = 1;
    for (; frame <= FRAMES_AT_MOST; frame += 1) {
      using cut = broker.faults.cutAtFrame(frame, options);
      broker.faults.resetConnections();
      await expectDelivered(set, queue, `after ${frame}`);
      await until(() => transport.health().ready);
      expect(broker.queues('/').find(({ name }) => name === queue)).toMatchObject({ consumers: 1 });
      if (cut.hits === 0) break;
    }
    expect(frame).toBeGreaterThan(8);
    expect(frame).toBeLessThan(FRAMES_AT_MOST);
    expect(transport.health()).toMatchObject({ ready: true, consumers: { active: 1, total: 1 } });
  });
});
