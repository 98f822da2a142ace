import { describe, expect, it } from 'vitest';
import { brokerInTest, clientOf, collect, confirming, publish, roundTrip, until } from '../test/broker-in-test.js';
import { BrokerError } from './errors.js';

describe('what can be seen of a broker', () => {
  it('are its connections', async () => {
    const { broker } = await brokerInTest();
    expect(broker.connections()).toEqual([]);
    const { connection, channel } = await clientOf(broker, 'seen', `${broker.url}?heartbeat=10&frameMax=8192`);

    const [info] = broker.connections();

    expect(info).toEqual({
      name: `127.0.0.1:${info?.peerPort} -> 127.0.0.1:${broker.port}`,
      connectionName: 'seen',
      status: 'open',
      user: 'guest',
      virtualHost: '/',
      peerAddress: '127.0.0.1',
      peerPort: expect.any(Number),
      channels: 1,
      heartbeatSeconds: 10,
      frameMaxBytes: 8192,
      frozen: false,
      clientProperties: expect.objectContaining({ connection_name: 'seen', product: 'amqplib' }),
      framesReceived: 4,
    });
    await channel.close();
    expect(broker.connections()).toMatchObject([{ channels: 0, framesReceived: 5 }]);
    await connection.close();
    await until(() => broker.connections().length === 0);
  });

  it('are its channels and consumers', async () => {
    const { broker } = await brokerInTest();
    const client = await clientOf(broker);
    await client.channel.assertQueue('q');
    const confirms = await confirming(client);
    await confirms.prefetch(5);
    await confirms.prefetch(9, true);
    await confirms.consume('q', () => undefined, { consumerTag: 'tag', priority: 3, exclusive: true });
    await publish(confirms, 'q', 'held');

    const [connection] = broker.connections();
    expect(broker.channels()).toEqual([
      {
        connection: connection?.name,
        virtualHost: '/',
        number: 1,
        confirms: false,
        consumers: 0,
        unacknowledged: 0,
        prefetchCount: 0,
        globalPrefetchCount: 0,
      },
      {
        connection: connection?.name,
        virtualHost: '/',
        number: 2,
        confirms: true,
        consumers: 1,
        unacknowledged: 1,
        prefetchCount: 5,
        globalPrefetchCount: 9,
      },
    ]);
    expect(broker.consumers()).toEqual([
      {
        virtualHost: '/',
        queue: 'q',
        consumerTag: 'tag',
        connection: connection?.name,
        channel: 2,
        noAck: false,
        exclusive: true,
        priority: 3,
        prefetchCount: 5,
        unacknowledged: 1,
      },
    ]);
  });

  it('are its queues, exchanges and bindings', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    await channel.assertQueue('q', { durable: false, autoDelete: true, messageTtl: 60_000, maxLength: 5 });
    await channel.assertExchange('x', 'headers', { durable: true, autoDelete: true, alternateExchange: 'amq.fanout' });
    await channel.bindQueue('q', 'x', 'key', { 'x-match': 'any', colour: 'red' });
    await channel.bindExchange('x', 'amq.topic', 'a.*');
    for (const body of ['1', '2', '3']) channel.sendToQueue('q', Buffer.from(body));
    await channel.get('q');

    expect(broker.queues()).toEqual([
      {
        virtualHost: '/',
        name: 'q',
        durable: false,
        exclusive: false,
        autoDelete: true,
        arguments: { 'x-message-ttl': 60_000, 'x-max-length': 5 },
        messages: 3,
        messagesReady: 2,
        messagesUnacknowledged: 1,
        consumers: 0,
      },
    ]);
    expect(broker.exchanges().find(({ name }) => name === 'x')).toEqual({
      virtualHost: '/',
      name: 'x',
      type: 'headers',
      durable: true,
      autoDelete: true,
      internal: false,
      arguments: { 'alternate-exchange': 'amq.fanout' },
    });
    expect(broker.bindings()).toEqual(
      expect.arrayContaining([
        {
          virtualHost: '/',
          source: 'x',
          destination: 'q',
          destinationType: 'queue',
          routingKey: 'key',
          arguments: { 'x-match': 'any', colour: 'red' },
        },
        {
          virtualHost: '/',
          source: 'amq.topic',
          destination: 'x',
          destinationType: 'exchange',
          routingKey: 'a.*',
          arguments: {},
        },
        { virtualHost: '/', source: '', destination: 'q', destinationType: 'queue', routingKey: 'q', arguments: {} },
      ]),
    );
    expect(broker.bindings()).toHaveLength(3);
  });

  it('is plain data of that moment, which nobody can change the broker by', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    await channel.assertQueue('q', { arguments: { 'x-note': ['a', { b: 1 }] } });
    const seen = [broker.connections(), broker.channels(), broker.queues(), broker.exchanges(), broker.counts()];
    const copied = JSON.parse(JSON.stringify(seen));
    for (const thing of broker.queues()) Object.assign(thing, { name: 'other', messages: 9 });
    Object.assign(broker.counts(), { published: 99 });

    expect([broker.connections(), broker.channels(), broker.queues(), broker.exchanges(), broker.counts()]).toEqual(
      copied,
    );
  });

  it('can be asked for by virtual host', async () => {
    const { broker } = await brokerInTest({ virtualHosts: ['/', 'other'] });
    const [here, there] = [await clientOf(broker), await clientOf(broker, 'there', broker.urlOf('other'))];
    await here.channel.assertQueue('here');
    await there.channel.assertQueue('there');
    await collect(there.channel, 'there');

    for (const [virtualHost, name, consumers] of [
      ['/', 'here', 0],
      ['other', 'there', 1],
    ] as const) {
      expect(broker.queues(virtualHost).map((queue) => queue.name)).toEqual([name]);
      expect(broker.connections(virtualHost)).toMatchObject([{ virtualHost }]);
      expect(broker.channels(virtualHost)).toHaveLength(1);
      expect(broker.consumers(virtualHost)).toHaveLength(consumers);
      expect(broker.exchanges(virtualHost)).toHaveLength(7);
      expect(broker.bindings(virtualHost)).toHaveLength(1);
    }
    expect(broker.queues()).toHaveLength(2);
    expect(() => broker.queues('nowhere')).toThrow(BrokerError);
    expect(() => broker.exchanges('nowhere')).toThrow(BrokerError);
    expect(() => broker.bindings('nowhere')).toThrow(BrokerError);
  });

  it('are its counts', async () => {
    const { broker } = await brokerInTest();
    const client = await clientOf(broker);
    const channel = await confirming(client);
    await channel.assertQueue('q');
    await publish(channel, 'q', 'a');
    await publish(channel, 'nowhere', 'b');
    channel.publish('', 'nowhere', Buffer.from('c'), { mandatory: true });
    await channel.waitForConfirms();
    const message = await channel.get('q');
    if (message) channel.nack(message);
    const messages = await collect(channel, 'q', {});
    await until(() => messages.length === 1);
    channel.ackAll();
    await roundTrip(channel);

    expect(broker.counts()).toEqual({
      connectionsOpened: 1,
      channelsOpened: 2,
      published: 3,
      unroutable: 2,
      returned: 1,
      confirmed: 3,
      nacked: 0,
      delivered: 2,
      redelivered: 1,
      acknowledged: 1,
    });
  });
});
