import { once } from 'node:events';
import type { Channel, ConsumeMessage, Message } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { brokerInTest, clientOf, collect, publish, roundTrip, until } from '../broker-in-test.js';
import { confirmChannel, heard } from './amqplib-client.js';
import { Deliveries, patterned, range } from './loads.js';

/** The next messages of a queue, acknowledged. */
async function take(channel: Channel, queue: string, count: number): Promise<ConsumeMessage[]> {
  const messages: ConsumeMessage[] = [];
  const { consumerTag } = await channel.consume(queue, (message) => {
    if (message === null) return;
    messages.push(message);
    channel.ack(message);
  });
  await until(() => messages.length === count);
  await channel.cancel(consumerTag);
  return messages;
}

describe('amqplib publishes and consumes', () => {
  it('a message with all its properties and headers', async () => {
    const { channel } = await confirmChannel();
    await channel.assertExchange('events', 'topic');
    await channel.assertQueue('audit');
    await channel.bindQueue('audit', 'events', 'order.*');
    const headers = {
      text: 'für 😀',
      integer: -7,
      large: 2 ** 40,
      float: 0.5,
      yes: true,
      nothing: null,
      list: [1, 'two', { three: 3 }],
      table: { nested: { deeper: 'x' } },
    };
    const properties = {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      deliveryMode: 2,
      priority: 5,
      correlationId: 'c-1',
      replyTo: 'replies',
      expiration: '60000',
      messageId: 'm-1',
      timestamp: 1_700_000_000,
      type: 'order.created',
      userId: 'guest',
      appId: 'shop',
    };
    channel.publish('events', 'order.created', Buffer.from('{"id":1}'), { ...properties, headers });
    await channel.waitForConfirms();
    const [message] = await take(channel, 'audit', 1);
    expect(message?.content.toString()).toBe('{"id":1}');
    expect(message?.fields).toMatchObject({ exchange: 'events', routingKey: 'order.created', redelivered: false });
    expect(message?.properties).toMatchObject({ ...properties, headers });
  });

  it('bodies of no byte, of exactly a frame, and of many frames', async () => {
    const { channel } = await confirmChannel();
    await channel.assertQueue('bodies');
    const sizes = [0, 1, 131_064, 131_065, 16 * 1024 * 1024 + 3];
    for (const size of sizes) channel.sendToQueue('bodies', patterned(size));
    await channel.waitForConfirms();
    const messages = await take(channel, 'bodies', sizes.length);
    expect(messages.map(({ content }) => content.length)).toEqual(sizes);
    for (const { content } of messages) expect(content.equals(patterned(content.length))).toBe(true);
  });

  it('with a frame size of its own choice', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker, undefined, `${broker.url}?frameMax=4096&heartbeat=20`);
    expect(broker.connections()).toMatchObject([{ frameMaxBytes: 4096, heartbeatSeconds: 20 }]);
    await channel.assertQueue('small frames');
    channel.sendToQueue('small frames', patterned(100_000));
    const [message] = await take(channel, 'small frames', 1);
    expect(message?.content.equals(patterned(100_000))).toBe(true);
  });

  it('20 000 confirmed messages from four channels: none lost, none twice, each channel in order', async () => {
    const { broker, connection } = await confirmChannel();
    const channel = await connection.createChannel();
    await channel.assertQueue('many');
    await channel.prefetch(500);
    const deliveries = new Deliveries(20_000);
    await channel.consume('many', (message) => {
      if (message === null) return;
      deliveries.take(message.content);
      channel.ack(message);
    });
    await Promise.all(
      range(4).map(async (sender) => {
        const publisher = await connection.createConfirmChannel();
        for (const index of range(5_000)) {
          if (!publisher.sendToQueue('many', Deliveries.body(sender, index))) await once(publisher, 'drain');
        }
        await publisher.waitForConfirms();
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
});

describe('amqplib hears from the broker', () => {
  it('that a mandatory message came back, before its confirm', async () => {
    const { channel } = await confirmChannel();
    const order: string[] = [];
    channel.on('return', ({ fields, content }: Message) => {
      const { replyCode, replyText } = fields as unknown as { readonly replyCode: number; readonly replyText: string };
      order.push(`${replyCode} ${replyText} ${content}`);
    });
    await new Promise<void>((resolve) => {
      channel.publish('', 'nowhere', Buffer.from('hello'), { mandatory: true }, () => {
        order.push('confirmed');
        resolve();
      });
    });
    expect(order).toEqual(['312 NO_ROUTE hello', 'confirmed']);
  });

  it('that a full queue refused a message', async () => {
    const { channel } = await confirmChannel();
    await channel.assertQueue('full', { maxLength: 1, arguments: { 'x-overflow': 'reject-publish' } });
    expect(await publish(channel, 'full', 'first')).toBe('ack');
    expect(await publish(channel, 'full', 'second')).toBe('nack');
  });

  it('that its consumer is cancelled with its queue', async () => {
    const { broker, channel } = await confirmChannel();
    await channel.assertQueue('doomed');
    const messages = await collect(channel, 'doomed');
    broker.faults.deleteQueue('doomed');
    await until(() => messages.length === 1);
    expect(messages).toEqual([undefined]);
  });

  it('what was wrong with a channel, and goes on with another', async () => {
    const { broker, connection } = await confirmChannel();
    const refused = async (use: (channel: Channel) => Promise<unknown>): Promise<string> => {
      const channel = await connection.createChannel();
      const told = heard(channel, 'error');
      await expect(use(channel)).rejects.toThrow();
      return String(await told);
    };
    await connection.createChannel().then((channel) => channel.assertQueue('jobs'));
    expect(await refused((channel) => channel.checkQueue('missing'))).toBe(
      `Error: Channel closed by server: 404 (NOT-FOUND) with message "NOT_FOUND - no queue 'missing' in vhost '/'"`,
    );
    expect(await refused((channel) => channel.assertQueue('jobs', { durable: false }))).toBe(
      `Error: Channel closed by server: 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'jobs' in vhost '/': received 'false' but current is 'true'"`,
    );
    expect(await refused((channel) => channel.assertQueue('amq.mine'))).toContain('403 (ACCESS-REFUSED)');
    // The two of the fixture, and the one that declared the queue.
    await until(() => broker.channels().length === 3);
  });

  it('that it must not publish now, and that it may again', async () => {
    const { broker, connection, channel } = await confirmChannel();
    await channel.assertQueue('patient');
    const blocked = heard(connection, 'blocked');
    broker.faults.block('low on memory');
    const answer = publish(channel, 'patient', 'waits');
    expect(await blocked).toBe('low on memory');
    const unblocked = heard(connection, 'unblocked');
    broker.faults.unblock();
    await unblocked;
    expect(await answer).toBe('ack');
  });
});

describe('amqplib gets and settles', () => {
  it('one by one, and hears when there is nothing', async () => {
    const { channel } = await confirmChannel();
    await channel.assertQueue('inbox');
    expect(await channel.get('inbox')).toBe(false);
    channel.sendToQueue('inbox', Buffer.from('a'));
    channel.sendToQueue('inbox', Buffer.from('b'));
    await channel.waitForConfirms();
    const first = await channel.get('inbox');
    if (first === false) throw new Error('There is a message.');
    expect([first.content.toString(), first.fields.messageCount]).toEqual(['a', 1]);
    channel.nack(first);
    const again = await channel.get('inbox', { noAck: true });
    expect(again).toMatchObject({ content: Buffer.from('a'), fields: { redelivered: true } });
  });

  it('no more than it has asked for, until it acknowledges', async () => {
    const { broker, channel } = await confirmChannel();
    await channel.assertQueue('work');
    for (const index of range(10)) channel.sendToQueue('work', Buffer.from(String(index)));
    await channel.waitForConfirms();
    await channel.prefetch(3);
    const messages = await collect(channel, 'work', {});
    await roundTrip(channel);
    expect(messages).toHaveLength(3);
    expect(broker.queues()).toMatchObject([{ messagesReady: 7, messagesUnacknowledged: 3 }]);
    channel.ack(messages[1] as ConsumeMessage, true);
    await roundTrip(channel);
    expect(messages.map((message) => message?.content.toString())).toEqual(['0', '1', '2', '3', '4']);
  });

  it('what is put back or refused, in the old order and with its mark', async () => {
    const { channel } = await confirmChannel();
    await channel.assertQueue('dead');
    await channel.assertQueue('work', { deadLetterExchange: '', deadLetterRoutingKey: 'dead' });
    for (const index of range(4)) channel.sendToQueue('work', Buffer.from(String(index)));
    await channel.waitForConfirms();
    const seen: string[] = [];
    await channel.prefetch(1);
    await channel.consume('work', (message) => {
      if (message === null) return;
      seen.push(`${message.content}${message.fields.redelivered ? ' again' : ''}`);
      if (message.fields.redelivered) channel.reject(message, false);
      else channel.nack(message, false, true);
    });
    await until(() => seen.length === 8);
    expect(seen).toEqual(['0', '0 again', '1', '1 again', '2', '2 again', '3', '3 again']);
    const dead = await take(channel, 'dead', 4);
    expect(dead.map(({ content }) => content.toString())).toEqual(['0', '1', '2', '3']);
    expect(dead[0]?.properties.headers).toMatchObject({ 'x-first-death-reason': 'rejected' });
  });
});

describe('amqplib calls', () => {
  async function serve(channel: Channel): Promise<void> {
    await channel.assertQueue('double');
    await channel.consume('double', (message) => {
      if (message === null) return;
      const { replyTo, correlationId } = message.properties;
      channel.sendToQueue(replyTo, Buffer.from(String(Number(message.content) * 2)), { correlationId });
      channel.ack(message);
    });
  }

  async function callThrough(channel: Channel, replyQueue: string, replyTo: string, calls: number): Promise<string[]> {
    const waiting = new Map<string, (answer: string) => void>();
    const onReply = (message: ConsumeMessage | null): void => {
      waiting.get(message?.properties.correlationId)?.(String(message?.content));
    };
    await channel.consume(replyQueue, onReply, { noAck: true });
    return await Promise.all(
      range(calls).map((number) => {
        const correlationId = `call-${number}`;
        channel.sendToQueue('double', Buffer.from(String(number)), { correlationId, replyTo });
        return new Promise<string>((resolve) => waiting.set(correlationId, resolve));
      }),
    );
  }

  const doubled = range(300).map((number) => String(number * 2));

  it('through a reply queue of its own', async () => {
    const { broker, channel } = await confirmChannel();
    await serve((await clientOf(broker)).channel);
    const { queue } = await channel.assertQueue('', { exclusive: true });
    expect(await callThrough(channel, queue, queue, 300)).toEqual(doubled);
  });

  it('through direct reply-to', async () => {
    const { broker, channel } = await confirmChannel();
    await serve((await clientOf(broker)).channel);
    const address = 'amq.rabbitmq.reply-to';
    expect(await callThrough(channel, address, address, 300)).toEqual(doubled);
    expect(broker.queues().map(({ name }) => name)).toEqual(['double']);
  });
});
