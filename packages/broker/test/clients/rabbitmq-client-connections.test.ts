import { once } from 'node:events';
import { Connection } from 'rabbitmq-client';
import { describe, expect, it } from 'vitest';
import { brokerInTest, until } from '../broker-in-test.js';
import { patterned, range } from './loads.js';
import { clientOf } from './rabbitmq-client.js';
import { selfSigned } from './self-signed.js';

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
    await expect.poll(() => broker.connections()).toEqual([]);
    expect(broker.queues()).toEqual([]);
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
