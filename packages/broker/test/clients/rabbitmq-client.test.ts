import { once } from 'node:events';
import {
  type AsyncMessage,
  Connection,
  type ConnectionOptions,
  ConsumerStatus,
  type ReturnedMessage,
} from 'rabbitmq-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Broker } from '../../src/broker.js';
import { brokerInTest, until } from '../broker-in-test.js';
import { Deliveries, patterned, range } from './loads.js';
import { selfSigned } from './self-signed.js';

interface Client {
  readonly connection: Connection;
  /** The codes of the errors it told. */
  readonly told: string[];
}

/** A connection that reconnects quickly, and ends with the test. */
async function clientOf(broker: Broker, options: ConnectionOptions = {}): Promise<Client> {
  const connection = new Connection({ url: broker.url, retryLow: 10, retryHigh: 40, ...options });
  const told: string[] = [];
  connection.on('error', (error) => told.push(error.code));
  onTestFinished(() => connection.unsafeDestroy());
  await connection.onConnect(5_000);
  return { connection, told };
}

describe('rabbitmq-client publishes and consumes', () => {
  it('a message with its properties, JSON by itself', async () => {
    const { broker } = await brokerInTest();
    const { connection } = await clientOf(broker);
    const messages: AsyncMessage[] = [];
    const consumer = connection.createConsumer(
      {
        queue: 'audit',
        queueOptions: { durable: true },
        qos: { prefetchCount: 2 },
        exchanges: [{ exchange: 'events', type: 'topic' }],
        queueBindings: [{ exchange: 'events', routingKey: 'order.#' }],
      },
      (message) => void messages.push(message),
    );
    await once(consumer, 'ready');
    const publisher = connection.createPublisher({ confirm: true });
    const envelope = {
      exchange: 'events',
      routingKey: 'order.created.eu',
      durable: true,
      priority: 3,
      correlationId: 'c-1',
      replyTo: 'replies',
      expiration: '60000',
      messageId: 'm-1',
      timestamp: 1_700_000_000,
      type: 'order.created',
      userId: 'guest',
      appId: 'shop',
      headers: { text: 'für 😀', integer: -7, float: 0.5, yes: true, nothing: null, list: [1, 'two'], table: { a: 1 } },
    };
    const body = { id: 1, items: ['für'] };
    await publisher.send(envelope, body);
    await until(() => messages.length === 1);
    expect(messages[0]).toMatchObject({ ...envelope, contentType: 'application/json', redelivered: false, body });
    await until(() => broker.counts().acknowledged === 1);
    await consumer.close();
    await publisher.close();
    await connection.close();
    await until(() => broker.connections().length === 0);
  });

  it('bodies of no byte and of many frames', async () => {
    const { broker } = await brokerInTest();
    const { connection } = await clientOf(broker);
    const publisher = connection.createPublisher({ confirm: true, queues: [{ queue: 'bodies' }] });
    for (const size of [0, 1, 8184, 8185, 16 * 1024 * 1024 + 3]) {
      await publisher.send('bodies', patterned(size));
      const message = await connection.basicGet({ queue: 'bodies', noAck: true });
      expect(message?.body.equals(patterned(size))).toBe(true);
    }
    await publisher.close();
  });

  it('20 000 confirmed messages from four publishers: none lost, none twice, each publisher in order', async () => {
    const { broker } = await brokerInTest();
    const { connection } = await clientOf(broker);
    await connection.queueDeclare('many');
    const deliveries = new Deliveries(20_000);
    connection.createConsumer({ queue: 'many', qos: { prefetchCount: 500 } }, ({ body }) => deliveries.take(body));
    await Promise.all(
      range(4).map(async (sender) => {
        const channel = await connection.acquire();
        await channel.confirmSelect();
        await Promise.all(range(5_000).map((index) => channel.basicPublish('many', Deliveries.body(sender, index))));
        await channel.close();
      }),
    );
    const all = await deliveries.all();
    expect([...all.keys()].sort()).toEqual([0, 1, 2, 3]);
    for (const indexes of all.values()) expect(indexes).toEqual(range(5_000));
    await broker.idle();
    expect(broker.counts()).toMatchObject({
      published: 20_000,
      confirmed: 20_000,
      delivered: 20_000,
      acknowledged: 20_000,
    });
  });

  it('and says what came back, and what was refused', async () => {
    const { broker } = await brokerInTest();
    const { connection } = await clientOf(broker);
    const returned: ReturnedMessage[] = [];
    const publisher = connection.createPublisher({ confirm: true });
    publisher.on('basic.return', (message) => returned.push(message));
    await publisher.send({ routingKey: 'nowhere', mandatory: true }, 'hello');
    // This library hands a return on a turn after the confirm that came behind it.
    await until(() => returned.length > 0);
    expect(returned).toMatchObject([{ replyCode: 312, replyText: 'NO_ROUTE', routingKey: 'nowhere', body: 'hello' }]);
    await connection.queueDeclare({ queue: 'full', arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } });
    await publisher.send('full', 'first');
    await expect(publisher.send('full', 'second')).rejects.toMatchObject({ code: 'NACK' });
    await expect(publisher.send({ exchange: 'missing', routingKey: '' }, 'x')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `BasicPublish: NOT_FOUND - no exchange 'missing' in vhost '/'`,
    });
    await publisher.close();
  });
});

describe('rabbitmq-client settles', () => {
  it('by what its handler returns: again, away, or done', async () => {
    const { broker } = await brokerInTest();
    const { connection } = await clientOf(broker);
    await connection.queueDeclare('dead');
    const seen: string[] = [];
    const consumer = connection.createConsumer(
      {
        queue: 'work',
        concurrency: 1,
        queueOptions: { arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' } },
      },
      ({ body, redelivered }) => {
        seen.push(redelivered ? `${body} again` : body);
        if (!redelivered) return ConsumerStatus.REQUEUE;
        return body === 'b' ? ConsumerStatus.DROP : ConsumerStatus.ACK;
      },
    );
    await once(consumer, 'ready');
    for (const body of ['a', 'b']) {
      await (await connection.acquire()).basicPublish('work', body);
      await until(() => seen.includes(`${body} again`));
    }
    await broker.idle();
    expect(seen).toEqual(['a', 'a again', 'b', 'b again']);
    expect(await connection.basicGet({ queue: 'dead', noAck: true })).toMatchObject({
      body: 'b',
      headers: { 'x-first-death-reason': 'rejected' },
    });
    expect(await connection.basicGet('dead')).toBeUndefined();
    expect(consumer.stats).toMatchObject({ acknowledged: 1, dropped: 1, requeued: 2 });
    await consumer.close();
  });

  it('no more at a time than it can take', async () => {
    const { broker } = await brokerInTest();
    const { connection } = await clientOf(broker);
    const publisher = connection.createPublisher({ confirm: true, queues: [{ queue: 'work' }] });
    for (const index of range(9)) await publisher.send('work', String(index));
    const open: (() => void)[] = [];
    connection.createConsumer({ queue: 'work', qos: { prefetchCount: 4 } }, async () => {
      await new Promise<void>((resolve) => open.push(resolve));
    });
    await until(() => open.length === 4);
    expect(broker.queues()).toMatchObject([{ messagesReady: 5, messagesUnacknowledged: 4 }]);
    for (const done of open.splice(0)) done();
    await until(() => open.length === 4);
    expect(broker.queues()).toMatchObject([{ messagesReady: 1, messagesUnacknowledged: 4 }]);
    for (const done of open.splice(0)) done();
    await until(() => open.length === 1);
    open[0]?.();
    await broker.idle();
    expect(broker.counts()).toMatchObject({ delivered: 9, acknowledged: 9 });
  });
});

describe('rabbitmq-client calls', () => {
  function serve(connection: Connection): void {
    connection.createConsumer({ queue: 'double' }, async ({ body }, reply) => {
      await reply(body * 2);
    });
  }

  it('through its own RPC client, which replies directly', async () => {
    const { broker } = await brokerInTest();
    serve((await clientOf(broker)).connection);
    const { connection } = await clientOf(broker);
    const client = connection.createRPCClient({ confirm: true, queues: [{ queue: 'double' }] });
    const answers = await Promise.all(range(300).map((number) => client.send('double', number)));
    expect(answers.map(({ body }) => body)).toEqual(range(300).map((number) => number * 2));
    expect(broker.queues().map(({ name }) => name)).toEqual(['double']);
    await client.close();
  });

  it('through a queue of replies', async () => {
    const { broker } = await brokerInTest();
    serve((await clientOf(broker)).connection);
    const { connection } = await clientOf(broker);
    const channel = await connection.acquire();
    const { queue: replyTo } = await channel.queueDeclare({ exclusive: true });
    const replies = new Map<string | undefined, unknown>();
    await channel.basicConsume({ queue: replyTo, noAck: true }, ({ correlationId, body }) => {
      replies.set(correlationId, body);
    });
    await channel.queueDeclare('double');
    for (const number of range(100)) {
      await channel.basicPublish({ routingKey: 'double', replyTo, correlationId: String(number) }, number);
    }
    await until(() => replies.size === 100);
    expect(range(100).map((number) => replies.get(String(number)))).toEqual(range(100).map((number) => number * 2));
    await channel.close();
  });

  it('and goes on after the connection was lost', async () => {
    const { broker } = await brokerInTest();
    serve((await clientOf(broker)).connection);
    const { connection } = await clientOf(broker);
    const client = connection.createRPCClient({ confirm: true, queues: [{ queue: 'double' }], maxAttempts: 10 });
    expect(await client.send('double', 1)).toMatchObject({ body: 2 });
    broker.faults.resetConnections();
    expect(await client.send('double', 2)).toMatchObject({ body: 4 });
    await broker.restart({ downMs: 30 });
    expect(await client.send('double', 3)).toMatchObject({ body: 6 });
    await client.close();
  });
});

describe('rabbitmq-client connects', () => {
  it('over TLS', async () => {
    const tls = selfSigned();
    const { broker } = await brokerInTest({ tls });
    const { connection } = await clientOf(broker, { tls: { ca: tls.cert } });
    const publisher = connection.createPublisher({ confirm: true, queues: [{ queue: 'secret' }] });
    await publisher.send('secret', patterned(1_000_000));
    expect((await connection.basicGet({ queue: 'secret', noAck: true }))?.body.equals(patterned(1_000_000))).toBe(true);
    await publisher.close();
    await connection.close();
  });

  it('200 times at once', async () => {
    const { broker } = await brokerInTest();
    const clients = await Promise.all(
      range(200).map((index) => clientOf(broker, { connectionName: `client ${index}` })),
    );
    const names = new Set(broker.connections().map(({ connectionName }) => connectionName));
    expect(names).toEqual(new Set(range(200).map((index) => `client ${index}`)));
    const answers = await Promise.all(
      clients.map(async ({ connection }, index) => {
        const channel = await connection.acquire();
        const { queue } = await channel.queueDeclare({ exclusive: true });
        await channel.confirmSelect();
        await channel.basicPublish(queue, index);
        const message = await channel.basicGet({ queue, noAck: true });
        await channel.close();
        return message?.body;
      }),
    );
    expect(answers).toEqual(range(200));
    await Promise.all(clients.map(({ connection }) => connection.close()));
    await broker.idle();
    expect([broker.connections(), broker.queues()]).toEqual([[], []]);
  });

  it('with all the channels that there can be', async () => {
    const { broker } = await brokerInTest({ limits: { channelMax: 300 } });
    const { connection } = await clientOf(broker);
    const channels = await Promise.all(range(300).map(() => connection.acquire()));
    expect(broker.connections()).toMatchObject([{ channels: 300 }]);
    await expect(connection.acquire()).rejects.toThrow('maximum number of AMQP Channels already opened (300)');
    await Promise.all(channels.map((channel) => channel.close()));
    await connection.close();
  });

  it('and is told why it may not', async () => {
    const { broker } = await brokerInTest();
    for (const [url, code] of [
      [broker.url.replace('guest:guest', 'guest:wrong'), 'ACCESS_REFUSED'],
      [broker.urlOf('nowhere'), 'NOT_ALLOWED'],
    ] as const) {
      const connection = new Connection({ url, retryLow: 10 });
      const [error] = await Promise.all([
        new Promise((resolve) => connection.once('error', resolve)),
        expect(connection.onConnect(100)).rejects.toThrow(),
      ]);
      expect(error).toMatchObject({ code });
    }
  });
});

describe('rabbitmq-client and the end of the broker', () => {
  it('is told, tries on, and can be closed all the same', async () => {
    const { broker } = await brokerInTest();
    // Closing a consumer waits for so long whether there will be a channel again.
    const { connection, told } = await clientOf(broker, { acquireTimeout: 100 });
    const consumer = connection.createConsumer({ queue: 'jobs' }, () => undefined);
    consumer.on('error', () => undefined);
    await once(consumer, 'ready');
    const publisher = connection.createPublisher({ confirm: true });
    await publisher.send('jobs', 'a');
    await broker.idle();
    await broker.close();
    await until(() => told.length > 0);
    expect(told[0]).toBe('CONNECTION_FORCED');
    await Promise.all([consumer.close(), publisher.close()]);
    await connection.close();
  });

  it('that was stopped and started again, notices only a pause', async () => {
    const { broker } = await brokerInTest();
    const { connection } = await clientOf(broker);
    const publisher = connection.createPublisher({ confirm: true, maxAttempts: 20 });
    await connection.queueDeclare({ queue: 'durable', durable: true });
    await publisher.send({ routingKey: 'durable', durable: true }, 'before');
    await broker.stop();
    const sent = publisher.send({ routingKey: 'durable', durable: true }, 'after');
    await broker.start();
    await sent;
    expect(broker.queues()).toMatchObject([{ name: 'durable', messagesReady: 2 }]);
    await publisher.close();
  });
});

describe('rabbitmq-client recovers', () => {
  it.each(['restart', 'reset', 'drop', 'close'] as const)('after: %s', async (what) => {
    const { broker } = await brokerInTest();
    const { connection, told } = await clientOf(broker);
    const seen: string[] = [];
    const consumer = connection.createConsumer(
      { queue: 'durable', queueOptions: { durable: true } },
      ({ body }) => void seen.push(body),
    );
    consumer.on('error', (error) => told.push(error.code));
    const publisher = connection.createPublisher({ confirm: true, maxAttempts: 10 });
    await once(consumer, 'ready');
    await publisher.send({ routingKey: 'durable', durable: true }, 'before');
    const again = new Promise((resolve) => consumer.once('ready', resolve));
    if (what === 'restart') await broker.restart({ downMs: 30 });
    else if (what === 'reset') broker.faults.resetConnections();
    else if (what === 'drop') broker.faults.dropConnections();
    else broker.faults.closeConnections();
    await publisher.send({ routingKey: 'durable', durable: true }, 'after');
    await again;
    await until(() => seen.includes('after'));
    expect(new Set(seen)).toEqual(new Set(['before', 'after']));
    expect(broker.consumers()).toHaveLength(1);
    expect(told.length).toBeGreaterThan(0);
    await consumer.close();
    await publisher.close();
    await connection.close();
  });

  it('a consumer that was cancelled, and a channel that was closed', async () => {
    const { broker } = await brokerInTest();
    const { connection } = await clientOf(broker);
    const told: string[] = [];
    const consumer = connection.createConsumer({ queue: 'jobs' }, () => undefined);
    consumer.on('error', (error) => told.push(error.code));
    await once(consumer, 'ready');
    for (const strike of [
      () => broker.faults.cancelConsumers({ queue: 'jobs' }),
      () => broker.faults.deleteQueue('jobs'),
      () => broker.faults.closeChannel({ code: 406, text: 'PRECONDITION_FAILED - unknown delivery tag 7' }),
    ]) {
      const again = new Promise((resolve) => consumer.once('ready', resolve));
      strike();
      await again;
      expect(broker.consumers()).toMatchObject([{ queue: 'jobs' }]);
    }
    expect(told).toEqual(['CANCEL_FORCED', 'CANCEL_FORCED', 'PRECONDITION_FAILED']);
    await consumer.close();
  });

  it('hears that it must not publish now, and that it may again', async () => {
    const { broker } = await brokerInTest();
    const { connection } = await clientOf(broker);
    const publisher = connection.createPublisher({ confirm: true, queues: [{ queue: 'patient' }] });
    await publisher.send('patient', 'a');
    const blocked = once(connection, 'connection.blocked');
    const unblocked = once(connection, 'connection.unblocked');
    broker.faults.block('low on memory');
    const sent = publisher.send('patient', 'b');
    expect(await blocked).toEqual(['low on memory']);
    broker.faults.unblock();
    await unblocked;
    await sent;
    expect(broker.queues()).toMatchObject([{ messages: 2 }]);
    await publisher.close();
  });
});
