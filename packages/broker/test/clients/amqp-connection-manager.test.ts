import { once } from 'node:events';
import {
  type AmqpConnectionManager,
  type AmqpConnectionManagerOptions,
  type ChannelWrapper,
  type CreateChannelOpts,
  connect,
} from 'amqp-connection-manager';
import type { Channel, ConfirmChannel, ConsumeMessage, Message } from 'amqplib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Broker } from '../../src/broker.js';
import { brokerInTest, until } from '../broker-in-test.js';
import { Deliveries, patterned, range } from './loads.js';
import { selfSigned } from './self-signed.js';

/** A manager that reconnects quickly, and ends with the test. */
async function managerOf(broker: Broker, options: AmqpConnectionManagerOptions = {}): Promise<AmqpConnectionManager> {
  const { connectionOptions, ...others } = options;
  const manager = connect([broker.url], {
    reconnectTimeInSeconds: 0.01,
    connectionOptions: { noDelay: true, ...connectionOptions },
    ...others,
  });
  manager.on('error', () => undefined);
  onTestFinished(() => manager.close());
  await until(() => manager.isConnected());
  return manager;
}

/** A channel that is set up, again and again. Every wrapper of this library wants somebody to hear its errors. */
async function channelOf(manager: AmqpConnectionManager, options: CreateChannelOpts = {}): Promise<ChannelWrapper> {
  const channel = manager.createChannel(options);
  channel.on('error', () => undefined);
  await channel.waitForConnect();
  return channel;
}

function declaring(...queues: string[]): (channel: Channel) => Promise<void> {
  return async (channel) => {
    for (const queue of queues) await channel.assertQueue(queue);
  };
}

describe('amqp-connection-manager publishes and consumes', () => {
  it('what it turns to JSON, with its setup', async () => {
    const { broker } = await brokerInTest();
    const manager = await managerOf(broker);
    const channel = await channelOf(manager, {
      json: true,
      setup: async (each: Channel) => {
        await each.assertExchange('events', 'topic');
        await each.assertQueue('audit');
        await each.bindQueue('audit', 'events', 'order.*');
      },
    });
    const messages: ConsumeMessage[] = [];
    await channel.consume('audit', (message) => {
      messages.push(message);
      channel.ack(message);
    });
    const headers = { text: 'für 😀', list: [1, 'two'] };
    expect(await channel.publish('events', 'order.created', { id: 1 }, { headers, persistent: true })).toBe(true);
    await until(() => messages.length === 1);
    expect(JSON.parse(String(messages[0]?.content))).toEqual({ id: 1 });
    expect(messages[0]?.properties).toMatchObject({ headers, deliveryMode: 2 });
    await channel.close();
    await manager.close();
    await until(() => broker.connections().length === 0);
  });

  it('a body of many frames', async () => {
    const { broker } = await brokerInTest();
    const channel = await channelOf(await managerOf(broker), { setup: declaring('bodies') });
    await channel.sendToQueue('bodies', patterned(16 * 1024 * 1024 + 3));
    const message = await channel.get('bodies', { noAck: true });
    if (message === false) throw new Error('There is a message.');
    expect(message.content.equals(patterned(16 * 1024 * 1024 + 3))).toBe(true);
    expect(await channel.get('bodies')).toBe(false);
  });

  it('20 000 confirmed messages from four channels: none lost, none twice, each channel in order', async () => {
    const { broker } = await brokerInTest();
    const manager = await managerOf(broker);
    const consumer = await channelOf(manager, { setup: declaring('many') });
    const deliveries = new Deliveries(20_000);
    const onMessage = (message: ConsumeMessage): void => {
      deliveries.take(message.content);
      consumer.ack(message);
    };
    await consumer.consume('many', onMessage, { prefetch: 500 });
    await Promise.all(
      range(4).map(async (sender) => {
        const publisher = await channelOf(manager);
        await Promise.all(range(5_000).map((index) => publisher.sendToQueue('many', Deliveries.body(sender, index))));
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
    const returned: Message[] = [];
    const channel = await channelOf(await managerOf(broker), {
      setup: async (each: ConfirmChannel) => {
        each.on('return', (message: Message) => returned.push(message));
        await each.assertQueue('full', { maxLength: 1, arguments: { 'x-overflow': 'reject-publish' } });
      },
    });
    await channel.sendToQueue('nowhere', Buffer.from('hello'), { mandatory: true });
    expect(returned).toMatchObject([
      { content: Buffer.from('hello'), fields: { replyCode: 312, replyText: 'NO_ROUTE', routingKey: 'nowhere' } },
    ]);
    await channel.sendToQueue('full', Buffer.from('first'));
    await expect(channel.sendToQueue('full', Buffer.from('second'))).rejects.toThrow('message nacked');
  });

  it('no more than its prefetch, and again what it puts back', async () => {
    const { broker } = await brokerInTest();
    const channel = await channelOf(await managerOf(broker), { setup: declaring('work') });
    for (const index of range(5)) await channel.sendToQueue('work', Buffer.from(String(index)));
    const seen: ConsumeMessage[] = [];
    await channel.consume('work', (message) => void seen.push(message), { prefetch: 2 });
    await until(() => seen.length === 2);
    expect(broker.queues()).toMatchObject([{ messagesReady: 3, messagesUnacknowledged: 2 }]);
    for (const message of [...seen].reverse()) channel.nack(message);
    await until(() => seen.length === 4);
    const told = seen.map(({ content, fields }) => `${content}${fields.redelivered ? ' again' : ''}`);
    expect(told).toEqual(['0', '1', '1 again', '0 again']);
  });
});

describe('amqp-connection-manager calls', () => {
  async function serve(manager: AmqpConnectionManager): Promise<void> {
    const channel = await channelOf(manager, { setup: declaring('double') });
    await channel.consume('double', (message) => {
      const { replyTo, correlationId } = message.properties;
      void channel.sendToQueue(replyTo, String(Number(message.content) * 2), { correlationId });
      channel.ack(message);
    });
  }

  it.each(['a reply queue of its own', 'direct reply-to'])('through %s', async (way) => {
    const { broker } = await brokerInTest();
    await serve(await managerOf(broker));
    const waiting = new Map<string, (answer: string) => void>();
    let replyTo = 'amq.rabbitmq.reply-to';
    const channel = await channelOf(await managerOf(broker), {
      setup: async (each: Channel) => {
        if (way !== 'direct reply-to') replyTo = (await each.assertQueue('', { exclusive: true })).queue;
        const onReply = (message: ConsumeMessage | null): void => {
          waiting.get(message?.properties.correlationId)?.(String(message?.content));
        };
        await each.consume(replyTo, onReply, { noAck: true });
      },
    });
    const answers = await Promise.all(
      range(300).map(async (number) => {
        const correlationId = `call-${number}`;
        const answer = new Promise<string>((resolve) => waiting.set(correlationId, resolve));
        await channel.sendToQueue('double', String(number), { correlationId, replyTo });
        return await answer;
      }),
    );
    expect(answers).toEqual(range(300).map((number) => String(number * 2)));
  });
});

describe('amqp-connection-manager connects', () => {
  it('over TLS', async () => {
    const tls = selfSigned();
    const { broker } = await brokerInTest({ tls });
    const channel = await channelOf(await managerOf(broker, { connectionOptions: { ca: tls.cert } }), {
      setup: declaring('secret'),
    });
    await channel.sendToQueue('secret', patterned(1_000_000));
    expect(await channel.get('secret', { noAck: true })).toMatchObject({ content: patterned(1_000_000) });
  });

  it('200 times at once', async () => {
    const { broker } = await brokerInTest();
    const managers = await Promise.all(range(200).map(() => managerOf(broker)));
    expect(broker.connections()).toHaveLength(200);
    await Promise.all(
      managers.map(async (manager, index) => {
        const channel = await channelOf(manager, { setup: declaring('all') });
        await channel.sendToQueue('all', String(index));
      }),
    );
    expect(broker.queues()).toMatchObject([{ name: 'all', messagesReady: 200 }]);
    await Promise.all(managers.map((manager) => manager.close()));
    await expect.poll(() => broker.connections()).toEqual([]);
  });

  it('with 200 channels', async () => {
    const { broker } = await brokerInTest();
    const manager = await managerOf(broker);
    const channels = await Promise.all(range(200).map(() => channelOf(manager, { setup: declaring('all') })));
    await Promise.all(channels.map((channel, index) => channel.sendToQueue('all', String(index))));
    expect(broker.queues()).toMatchObject([{ messagesReady: 200 }]);
    expect(broker.channels()).toHaveLength(200);
  });

  it('at last, when it was refused at first', async () => {
    const { broker } = await brokerInTest();
    const refused = broker.faults.refuseConnections();
    const manager = connect([broker.url], { reconnectTimeInSeconds: 0.01 });
    onTestFinished(() => manager.close());
    await once(manager, 'connectFailed');
    refused.stop();
    await once(manager, 'connect');
    expect(refused.hits).toBeGreaterThan(0);
  });
});

describe('amqp-connection-manager and the end of the broker', () => {
  it('is told, tries on, and can be closed all the same', async () => {
    const { broker } = await brokerInTest();
    const manager = await managerOf(broker);
    const channel = await channelOf(manager, { setup: declaring('jobs') });
    await channel.consume('jobs', () => undefined);
    const lost = once(manager, 'disconnect');
    const refused = once(manager, 'connectFailed');
    await broker.close();
    const [{ err }] = await lost;
    expect(err.message).toContain('320 (CONNECTION-FORCED)');
    await refused;
    const waiting = expect(channel.sendToQueue('jobs', 'too late')).rejects.toThrow('Channel closed');
    await channel.close();
    await waiting;
    await manager.close();
  });

  it('that was stopped and started again, notices only a pause', async () => {
    const { broker } = await brokerInTest();
    const channel = await channelOf(await managerOf(broker), { setup: declaring('durable') });
    await channel.sendToQueue('durable', 'before', { persistent: true });
    await broker.stop();
    const sent = channel.sendToQueue('durable', 'after', { persistent: true });
    await broker.start();
    await sent;
    expect(broker.queues()).toMatchObject([{ name: 'durable', messagesReady: 2 }]);
  });
});

describe('amqp-connection-manager recovers', () => {
  it.each(['restart', 'reset', 'drop', 'close'] as const)('its channels and consumers, after a %s', async (what) => {
    const { broker } = await brokerInTest();
    const manager = await managerOf(broker);
    const channel = await channelOf(manager, { setup: declaring('durable') });
    const seen: string[] = [];
    await channel.consume('durable', (message) => {
      seen.push(String(message.content));
      channel.ack(message);
    });
    await channel.sendToQueue('durable', 'before', { persistent: true });
    await until(() => seen.length === 1);
    const lost = once(manager, 'disconnect');
    if (what === 'restart') await broker.restart({ downMs: 30 });
    else if (what === 'reset') broker.faults.resetConnections();
    else if (what === 'drop') broker.faults.dropConnections();
    else broker.faults.closeConnections({ reason: 'maintenance' });
    await lost;
    await channel.sendToQueue('durable', 'after', { persistent: true });
    await until(() => seen.includes('after'));
    await until(() => broker.consumers().length === 1);
  });

  it('and loses nothing, where what it could not see confirmed is sent again', async () => {
    const { broker } = await brokerInTest();
    const manager = await managerOf(broker);
    const channel = await channelOf(manager, { setup: declaring('durable') });
    // Three frames make a message.
    const cut = broker.faults.cutAtFrame(1_000, { midFrame: true, times: 3 });
    const sent = async (index: number): Promise<unknown> =>
      await channel.sendToQueue('durable', String(index), { persistent: true }).catch(() => sent(index));
    await Promise.all(range(2_000).map(sent));
    expect(cut.hits).toBe(3);
    const seen = new Set<string>();
    await channel.consume('durable', (message) => {
      seen.add(String(message.content));
      channel.ack(message);
    });
    await until(() => seen.size === 2_000);
    expect(broker.counts().connectionsOpened).toBe(4);
  });

  it('hears that it must not publish now, and that it may again', async () => {
    const { broker } = await brokerInTest();
    const manager = await managerOf(broker);
    const channel = await channelOf(manager, { setup: declaring('patient') });
    const blocked = once(manager, 'blocked');
    const unblocked = once(manager, 'unblocked');
    broker.faults.block('low on memory');
    const sent = channel.sendToQueue('patient', 'waits');
    expect(await blocked).toEqual([{ reason: 'low on memory' }]);
    broker.faults.unblock();
    await unblocked;
    expect(await sent).toBe(true);
  });
});
