import { type Broker, startBroker } from '@leveret/broker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTransport, type Transport } from '../src/index.js';
import { until } from './helpers.js';

// Only the embedded broker cuts at a frame that is named.
let broker: Broker;
let other: Transport;

beforeAll(async () => {
  broker = await startBroker();
  other = createTransport(broker.url, { connectionName: 'other' });
  await other.connect();
});
afterAll(async () => {
  await other.close();
  await broker.close();
});

const bystanders: ReadonlySet<string> = new Set(['other', 'consumer']);
const exchange = { name: 'swept', type: 'topic' } as const;
const source = (name: string) => ({
  queue: { name, autoDelete: true },
  bindings: [{ exchange, routingKey: name }],
});
const ways = (['received', 'sent'] as const).flatMap((direction) =>
  (['reset', 'drop'] as const).flatMap((how) => [false, true].map((midFrame) => ({ direction, how, midFrame }))),
);

/** Lets `work` be done by a transport that is cut at its n-th frame, for every n until it has none. Returns how many it had. */
async function sweep(way: (typeof ways)[number], work: (transport: Transport) => Promise<void>): Promise<number> {
  for (let n = 1; ; n += 1) {
    await until(() => broker.connections().every(({ connectionName = '' }) => bystanders.has(connectionName)));
    // In its first frames a connection has no name.
    const match = ({ connectionName = '' }) => !bystanders.has(connectionName);
    using fault = broker.faults.cutAtFrame(n, { ...way, match });
    await using transport = createTransport(broker.url);
    await work(transport);
    await until(() => transport.health().ready);
    if (fault.hits === 0) return n - 1;
  }
}

describe('a connection that is cut at any frame of its set-up', () => {
  it.each(ways)(
    'comes back with its consumers: $direction, $how, midFrame $midFrame',
    { timeout: 60_000 },
    async (way) => {
      const frames = await sweep(way, async (transport) => {
        const received = new Set<string>();
        const consume = (name: string) =>
          transport.consume(source(name), ({ body, ack }) => {
            received.add(`${body}`);
            ack();
          });
        await Promise.all([consume('one'), consume('two')]);
        await until(async () => {
          for (const name of ['one', 'two']) await other.publish({ exchange, routingKey: name }, `to ${name}`);
          return received.has('to one') && received.has('to two');
        });
        expect(transport.health().consumers.total).toBe(2);
      });
      expect(frames).toBeGreaterThan(10);
    },
  );

  it.each(ways)(
    'comes back with its messages: $direction, $how, midFrame $midFrame',
    { timeout: 60_000 },
    async (way) => {
      await using consumer = createTransport(broker.url, { connectionName: 'consumer' });
      const received = new Set<string>();
      await consumer.consume(source('three'), ({ body, ack }) => {
        received.add(`${body}`);
        ack();
      });
      let sent = 0;
      const frames = await sweep(way, async (transport) => {
        for (let i = 0; i < 2; i += 1) {
          sent += 1;
          await transport.publish({ exchange, routingKey: 'three' }, `${sent}`, { mandatory: true });
        }
      });
      expect(frames).toBeGreaterThan(5);
      await until(() => received.size === sent);
    },
  );
});
