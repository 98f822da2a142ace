import { type OwnBroker, startOwnBroker } from '@leveret/tooling-brokers';
import { startTcpProxy, uniqueName } from '@leveret/tooling-rabbitmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTransport, type Delivery, type Exchange, type Transport } from '../src/index.js';
import { EventLog, until } from './helpers.js';

// What RabbitMQ's Java client asks of its recovery, and what follows from it.
let broker: OwnBroker;

beforeAll(async () => {
  broker = await startOwnBroker();
});
afterAll(() => broker.remove());

/** An operator closes both connections; resolves when they are back, and with them their consumers. */
async function reconnect(transport: Transport, log: EventLog): Promise<void> {
  const before = log.of('connection-lost').length;
  await broker.closeConnections();
  await until(() => log.of('connection-lost').length === before + 2 && transport.health().ready);
}

async function isRoutable(transport: Transport, routingKey: string, exchange?: Exchange): Promise<boolean> {
  const destination = exchange === undefined ? { routingKey } : { exchange, routingKey };
  try {
    await transport.publish(destination, 'probe', { mandatory: true });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_LEVERET_UNDELIVERABLE' });
    return false;
  }
}

async function queueNames(): Promise<string[]> {
  return (await broker.queues('/')).map(({ name }) => name);
}

describe('what the application took away stays away', () => {
  it('a queue that it deleted, and its consumer, which says why it ended', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    await transport.connect();
    const name = uniqueName('deleted');
    const consumer = await transport.consume({ queue: { name } }, () => {});
    await transport.deleteQueue(name);
    expect(await consumer.closed).toEqual({ reason: 'queue-deleted' });
    expect(transport.health().consumers).toEqual({ active: 0, total: 0 });
    await reconnect(transport, log);
    expect(await isRoutable(transport, name)).toBe(false);
    expect(log.of('consumer-ended')).toEqual([{ type: 'consumer-ended', queue: name, reason: 'queue-deleted' }]);
    expect(log.of('consumer-interrupted')).toEqual([]);
  });

  it('but not a queue that the broker did not delete', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    await transport.connect();
    const name = uniqueName('in-use');
    const consumer = await transport.consume({ queue: { name, autoDelete: true } }, (delivery) => void delivery.ack());
    await expect(transport.deleteQueue(name, { ifUnused: true })).rejects.toMatchObject({ replyCode: 406 });
    expect(consumer.active).toBe(true);
    await reconnect(transport, log);
    expect(consumer.active).toBe(true);
    expect(await isRoutable(transport, name)).toBe(true);
  });

  it('a queue that it deletes while the connection is away', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    await transport.connect();
    const name = uniqueName('deleted-away');
    const consumer = await transport.consume({ queue: { name } }, () => {});
    await broker.closeConnections();
    await until(() => transport.state.consume.status !== 'open');
    await transport.deleteQueue(name);
    expect(await consumer.closed).toEqual({ reason: 'queue-deleted' });
    await until(() => transport.health().ready);
    expect(await queueNames()).not.toContain(name);
  });

  it('a consumer that it cancelled', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    await transport.connect();
    const name = uniqueName('cancelled');
    const consumer = await transport.consume({ queue: { name, durable: true } }, () => {});
    await consumer.cancel();
    expect(await consumer.closed).toEqual({ reason: 'cancelled' });
    await reconnect(transport, log);
    expect((await broker.queues('/')).find((queue) => queue.name === name)).toMatchObject({ consumers: 0 });
    expect(log.of('consumer-started')).toHaveLength(1);
    await transport.deleteQueue(name);
  });

  it('an exchange that it deleted, while the consumer bound to it comes back', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    await transport.connect();
    const exchange = { name: uniqueName('gone'), type: 'topic' } as const;
    const queue = { name: uniqueName('bound'), autoDelete: true };
    const consumer = await transport.consume({ queue, bindings: [{ exchange, routingKey: 'k' }] }, () => {});
    await transport.deleteExchange(exchange.name);
    await reconnect(transport, log);
    expect(consumer.active).toBe(true);
    expect(await broker.exchanges('/')).not.toContain(exchange.name);
    // A publish that names it asks for it anew.
    expect(await isRoutable(transport, 'k', exchange)).toBe(false);
    expect(await broker.exchanges('/')).toContain(exchange.name);
    await transport.deleteExchange(exchange.name);
    await expect(transport.publish({ exchange, routingKey: 'k' }, 'x')).resolves.toEqual({ attempts: 1 });
    await transport.deleteExchange(exchange.name);
  });

  it('a binding that it took away, where one that it added comes back', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    await transport.connect();
    const exchange = { name: uniqueName('topics'), type: 'topic', autoDelete: true } as const;
    const queue = { name: uniqueName('rebound'), exclusive: true };
    const consumer = await transport.consume({ queue, bindings: [{ exchange, routingKey: 'first' }] }, (delivery) => {
      delivery.ack();
    });
    await consumer.bind({ exchange, routingKey: 'second' });
    await consumer.unbind({ exchange, routingKey: 'first' });
    expect(await isRoutable(transport, 'first', exchange)).toBe(false);
    expect(await isRoutable(transport, 'second', exchange)).toBe(true);
    await reconnect(transport, log);
    expect(await isRoutable(transport, 'first', exchange)).toBe(false);
    expect(await isRoutable(transport, 'second', exchange)).toBe(true);
    await consumer.unbind({ exchange, routingKey: 'never was' });
  });

  it('a binding that the broker refused', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    await transport.connect();
    const consumer = await transport.consume({ queue: { name: uniqueName('refused'), exclusive: true } }, () => {});
    const exchange = { name: uniqueName('missing'), type: 'topic', passive: true } as const;
    await expect(consumer.bind({ exchange, routingKey: 'k' })).rejects.toMatchObject({ code: 'ERR_LEVERET_NOT_FOUND' });
    await reconnect(transport, log);
    expect(log.of('consumer-interrupted')).toEqual([]);
    expect(consumer.active).toBe(true);
  });
});

describe('queues that go with their connection', () => {
  it('come back: exclusive and auto-delete ones, with bindings, before their consumer', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    await transport.connect();
    const exchange = { name: uniqueName('fanout'), type: 'fanout', autoDelete: true } as const;
    const names = [uniqueName('exclusive'), uniqueName('auto-delete')];
    const received: string[] = [];
    const onDelivery = (delivery: Delivery) => {
      received.push(delivery.body.toString());
      delivery.ack();
    };
    const bindings = [{ exchange, routingKey: '' }];
    await transport.consume({ queue: { name: names[0] ?? '', exclusive: true }, bindings }, onDelivery);
    await transport.consume({ queue: { name: names[1] ?? '', autoDelete: true }, bindings }, onDelivery);
    await reconnect(transport, log);
    await transport.publish({ exchange, routingKey: '' }, 'after', { mandatory: true });
    await until(() => received.length === 2);
    expect(received).toEqual(['after', 'after']);
    expect(log.of('consumer-started').map(({ restored }) => restored)).toEqual([false, false, true, true]);
  });

  it('have another name on each connection when the broker names them, and the bindings of the last', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    await transport.connect();
    const exchange = { name: uniqueName('named'), type: 'direct', autoDelete: true } as const;
    const received: string[] = [];
    const consumer = await transport.consume(
      { queue: { name: '', exclusive: true }, bindings: [{ exchange, routingKey: 'k' }] },
      (delivery) => {
        received.push(delivery.body.toString());
        delivery.ack();
      },
    );
    const first = consumer.queue;
    expect(first).toMatch(/^amq\.gen-/);
    await consumer.bind({ exchange, routingKey: 'added' });
    await reconnect(transport, log);
    const second = consumer.queue;
    expect(second).toMatch(/^amq\.gen-/);
    expect(second).not.toBe(first);
    expect(log.of('consumer-started')[1]).toMatchObject({ queue: second, formerQueue: first, restored: true });
    await transport.publish({ exchange, routingKey: 'k' }, 'bound', { mandatory: true });
    await transport.publish({ exchange, routingKey: 'added' }, 'bound later', { mandatory: true });
    await transport.publish({ routingKey: second }, 'by name', { mandatory: true });
    await until(() => received.length === 3);
    expect(received).toEqual(['bound', 'bound later', 'by name']);
    await transport.deleteQueue(second);
    expect(await consumer.closed).toEqual({ reason: 'queue-deleted' });
  });

  it('must not be left behind by the dozen: one that the broker names is exclusive or auto-delete', async () => {
    await using transport = createTransport(broker.url);
    await expect(transport.consume({ queue: { name: '', durable: true } }, () => {})).rejects.toMatchObject({
      code: 'ERR_LEVERET_INVALID_ARGUMENT',
      message: expect.stringContaining('exclusive or autoDelete'),
    });
  });

  it('are asked for again while the broker has not missed the connection that holds them', async () => {
    await using silent = await startTcpProxy({ port: broker.port });
    await using good = await startTcpProxy({ port: broker.port });
    const user = `${broker.username}:${broker.password}`;
    const log = new EventLog();
    const url = `rabbit://${user}@127.0.0.1:${silent.port},${user}@127.0.0.1:${good.port}/`;
    await using transport = createTransport(url, { onEvent: log.onEvent, hostOrder: 'given', heartbeatMs: 1_000 });
    const [patient, hasty] = await Promise.all([
      transport.consume({ queue: { name: uniqueName('locked'), exclusive: true } }, () => {}),
      transport.consume({ queue: { name: uniqueName('hasty'), exclusive: true } }, () => {}, { lockTimeoutMs: 0 }),
    ]);
    silent.freeze();
    expect(await hasty.closed).toMatchObject({
      reason: 'queue-locked',
      error: { replyCode: 405, message: expect.stringContaining(hasty.queue) },
    });
    await until(() => patient.active);
    expect(log.of('consumer-interrupted')).toContainEqual(
      expect.objectContaining({ queue: patient.queue, error: expect.objectContaining({ replyCode: 405 }) }),
    );
    expect(transport.health().consumers).toEqual({ active: 1, total: 1 });
  });
});

describe('a consumer that may not declare its queue again', () => {
  it('ends within a second when somebody deletes the queue', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    await using another = createTransport(broker.url);
    await another.connect();
    const name = uniqueName('once');
    const consumer = await transport.consume({ queue: { name } }, () => {}, { redeclare: false });
    const before = performance.now();
    await another.deleteQueue(name);
    expect(await consumer.closed).toMatchObject({ reason: 'queue-deleted', error: { code: 'ERR_LEVERET_NOT_FOUND' } });
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(await queueNames()).not.toContain(name);
    expect(log.of('consumer-ended')).toMatchObject([{ queue: name, reason: 'queue-deleted' }]);
  });

  it('comes back after a reconnect when the queue is still there, and ends when it is not', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    await transport.connect();
    const kept = await transport.consume({ queue: { name: uniqueName('kept'), durable: true } }, () => {}, {
      redeclare: false,
    });
    const lost = await transport.consume({ queue: { name: uniqueName('lost'), exclusive: true } }, () => {}, {
      redeclare: false,
    });
    await reconnect(transport, log);
    expect(kept.active).toBe(true);
    expect(await lost.closed).toMatchObject({ reason: 'queue-deleted' });
    await transport.deleteQueue(kept.queue);
  });

  it('is one of a passive queue, which is refused when it is missing and ends when it is deleted', async () => {
    await using transport = createTransport(broker.url);
    await using another = createTransport(broker.url);
    const name = uniqueName('passive');
    await expect(transport.consume({ queue: { name, passive: true } }, () => {})).rejects.toMatchObject({
      code: 'ERR_LEVERET_NOT_FOUND',
      message: expect.stringContaining(`looking for queue '${name}'`),
    });
    const owner = await another.consume({ queue: { name, durable: true } }, () => {}, { redeclare: false });
    const guest = await transport.consume({ queue: { name, passive: true } }, () => {});
    await another.deleteQueue(name);
    expect(await owner.closed).toEqual({ reason: 'queue-deleted' });
    expect(await guest.closed).toMatchObject({ reason: 'queue-deleted' });
  });
});

describe('many reconnects', () => {
  it('bring each consumer back exactly once', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent, reconnectBackoff: constant(5) });
    await transport.connect();
    const names = [uniqueName('a'), uniqueName('b'), uniqueName('c')];
    const received: string[] = [];
    for (const name of names) {
      await transport.consume({ queue: { name, durable: true } }, (delivery) => {
        received.push(delivery.body.toString());
        delivery.ack();
      });
    }
    for (let round = 0; round < 10; round += 1) await reconnect(transport, log);
    const queues = (await broker.queues('/')).filter(({ name }) => names.includes(name));
    expect(queues.map(({ consumers }) => consumers)).toEqual([1, 1, 1]);
    for (const name of names) await transport.publish({ routingKey: name }, name, { mandatory: true });
    await until(() => received.length === 3);
    expect(received.toSorted()).toEqual(names.toSorted());
    for (const name of names) await transport.deleteQueue(name);
  });

  it('leave deliveries of an old connection unsettled: an ack of one is false, and no error', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    await transport.connect();
    const name = uniqueName('old');
    const deliveries: Delivery[] = [];
    await transport.consume({ queue: { name, durable: true } }, (delivery) => void deliveries.push(delivery));
    await transport.publish({ routingKey: name }, 'x');
    await until(() => deliveries.length === 1);
    await reconnect(transport, log);
    await until(() => deliveries.length === 2);
    expect([deliveries[0]?.ack(), deliveries[0]?.reject({ requeue: true })]).toEqual([false, false]);
    expect(deliveries[1]).toMatchObject({ redelivered: true });
    expect(deliveries[1]?.ack()).toBe(true);
    await transport.deleteQueue(name);
    expect(log.of('consumer-interrupted')).toEqual([]);
  });
});

function constant(ms: number): Iterable<number> {
  return {
    *[Symbol.iterator]() {
      for (;;) yield ms;
    },
  };
}
