import { type OwnBroker, startOwnBroker } from '@leveret/tooling-brokers';
import { startTcpProxy } from '@leveret/tooling-rabbitmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTransport } from '../src/index.js';
import { EventLog, until } from './helpers.js';

// These break their broker: it is always one of their own.
let broker: OwnBroker;

beforeAll(async () => {
  broker = await startOwnBroker();
});
afterAll(() => broker.remove());

describe('what is published again', () => {
  it('has the id it had, and comes in the order in which it was published', async () => {
    await using proxy = await startTcpProxy({ port: broker.port });
    const log = new EventLog();
    await using publisher = createTransport(proxy.through(broker.url), { onEvent: log.onEvent });
    await using consumer = createTransport(broker.url);
    const seen: string[] = [];
    const ids = new Set<string | undefined>();
    await consumer.consume({ queue: { name: 'again', durable: true } }, ({ body, messageId, ack }) => {
      ack();
      ids.add(messageId);
      if (messageId === `id ${body}` && !seen.includes(messageId)) seen.push(messageId);
    });
    const published: Promise<unknown>[] = [];
    const exchange = { name: 'again.x', type: 'fanout', durable: true } as const;
    const destination = { exchange, routingKey: '', queue: { name: 'again', durable: true } };
    await publisher.connect();
    let resets = 0;
    for (let i = 0; i < 1_200; i += 1) {
      if (i % 300 === 150) await until(() => publisher.state.publish.status === 'open');
      published.push(publisher.publish(destination, String(i), { messageId: `id ${i}`, mandatory: true }));
      if (i % 10 === 0) await new Promise(setImmediate);
      if (i % 300 === 150) {
        proxy.reset();
        resets += 1;
        await until(() => log.of('connection-lost').filter(({ purpose }) => purpose === 'publish').length === resets);
      }
    }
    await Promise.all(published);
    await until(() => seen.length === 1_200);
    expect(seen).toEqual(Array.from({ length: 1_200 }, (_, i) => `id ${i}`));
    expect(ids.size).toBe(1_200);
    expect(resets).toBe(4);
  });
});

describe('a full buffer', () => {
  it('has publishes wait their turn while the broker blocks, and loses none and no order', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, {
      onEvent: log.onEvent,
      maxBuffered: { messages: 5, bytes: 1_000 },
      onFull: 'wait',
    });
    await transport.connect();
    const seen: number[] = [];
    await transport.consume({ queue: { name: 'full', durable: true } }, ({ body, ack }) => {
      ack();
      seen.push(Number(body));
    });
    await broker.raiseMemoryAlarm();
    const published = Array.from({ length: 50 }, (_, i) =>
      transport.publish({ routingKey: 'full' }, String(i), { mandatory: true }),
    );
    await until(() => log.of('connection-blocked').length > 0);
    await expect(transport.publish({ routingKey: 'full' }, '50', { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'ERR_LEVERET_DELIVERY',
      outcome: 'not-sent',
      message: expect.stringContaining('maxBuffered'),
    });
    await broker.clearMemoryAlarm();
    await Promise.all(published);
    await until(() => seen.length === 50);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
});
