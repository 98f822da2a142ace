import { once } from 'node:events';
import { type AsyncMessage, type Connection, ConsumerStatus, type ReturnedMessage } from 'rabbitmq-client';
import { describe, expect, it } from 'vitest';
import { brokerInTest, until } from '../broker-in-test.js';
import { Deliveries, patterned, range } from './loads.js';
import { clientOf } from './rabbitmq-client.js';

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
