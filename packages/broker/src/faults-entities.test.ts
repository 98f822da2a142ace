import { describe, expect, it } from 'vitest';
import {
  bodies,
  brokerInTest,
  clientOf,
  collect,
  listening,
  rawClient,
  roundTrip,
  until,
} from '../test/broker-in-test.js';
import { BrokerError } from './errors.js';

describe('closing channels', () => {
  it('closes them with the code and the text, and leaves the connection alone', async () => {
    const { broker, events } = await brokerInTest();
    const client = await rawClient(broker);

    expect(broker.faults.closeChannel({ code: 406, text: 'PRECONDITION_FAILED - so it is' })).toBe(1);

    expect(await client.refused()).toEqual({
      scope: 'channel',
      code: 406,
      text: 'PRECONDITION_FAILED - so it is',
      method: '0.0',
    });
    await client.ask(1, 'channel.open');
    expect(events.at(-1)).toMatchObject({ type: 'channel-closed', channel: 1, code: 406 });
    expect(events.filter(({ type }) => type === 'connection-closed')).toEqual([]);
  });

  it('picks connections and channel numbers', async () => {
    const { broker } = await brokerInTest();
    const [meant, spared] = [await clientOf(broker, 'meant'), await clientOf(broker, 'spared')];
    const second = listening(await meant.connection.createChannel());
    const errors: string[] = [];
    second.on('error', (error) => errors.push(error.message));

    expect(broker.faults.closeChannel({ code: 404, match: 'meant', channel: 2 })).toBe(1);

    await until(() => errors.length === 1);
    expect(errors[0]).toContain('404');
    expect(errors[0]).toContain('closed by a fault');
    await roundTrip(meant.channel, spared.channel);
    expect(broker.faults.closeChannel({ code: 404, channel: 7 })).toBe(0);
  });

  it('gives back what the channel held', async () => {
    const { broker } = await brokerInTest();
    const [one, other] = [await clientOf(broker, 'one'), await clientOf(broker, 'other')];
    await one.channel.assertQueue('q');
    const held = await collect(one.channel, 'q', {});
    one.channel.sendToQueue('q', Buffer.from('held'));
    await until(() => held.length === 1);

    broker.faults.closeChannel({ code: 406, match: 'one' });

    const messages = await collect(other.channel, 'q');
    await until(() => messages.length === 1);
    expect(messages[0]?.fields.redelivered).toBe(true);
  });
});

describe('cancelling consumers', () => {
  it('tells each that it is at its end', async () => {
    const { broker } = await brokerInTest();
    const [one, other] = [await clientOf(broker), await clientOf(broker)];
    await one.channel.assertQueue('q');
    const consumers = [await collect(one.channel, 'q'), await collect(other.channel, 'q')];

    expect(broker.faults.cancelConsumers()).toBe(2);

    await until(() => consumers.every((messages) => messages.length === 1));
    expect(consumers.map(bodies)).toEqual([['cancelled'], ['cancelled']]);
    expect(broker.consumers()).toEqual([]);
    expect(broker.queues()).toMatchObject([{ name: 'q', consumers: 0 }]);
  });

  it('picks by queue, by tag, and by virtual host', async () => {
    const { broker } = await brokerInTest({ virtualHosts: ['/', 'other'] });
    const { channel } = await clientOf(broker);
    const elsewhere = await clientOf(broker, 'elsewhere', broker.urlOf('other'));
    for (const queue of ['a', 'b']) {
      await channel.assertQueue(queue);
      await collect(channel, queue, { consumerTag: `of ${queue}` });
    }
    await elsewhere.channel.assertQueue('a');
    await collect(elsewhere.channel, 'a', { consumerTag: 'of other a' });
    const left = (): string[] => broker.consumers().map(({ consumerTag }) => consumerTag);

    expect(broker.faults.cancelConsumers({ queue: 'a', virtualHost: '/' })).toBe(1);
    expect(left()).toEqual(['of b', 'of other a']);
    expect(broker.faults.cancelConsumers({ consumerTag: 'of b' })).toBe(1);
    expect(left()).toEqual(['of other a']);
    expect(broker.faults.cancelConsumers({ virtualHost: '/' })).toBe(0);
    expect(broker.faults.cancelConsumers({ virtualHost: 'other' })).toBe(1);
    expect(() => broker.faults.cancelConsumers({ virtualHost: 'nowhere' })).toThrow(BrokerError);
  });

  it('takes an auto-delete queue away with its last consumer', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    await channel.assertQueue('q', { autoDelete: true });
    const messages = await collect(channel, 'q');

    broker.faults.cancelConsumers();

    await until(() => messages.length === 1);
    await roundTrip(channel);
    expect(bodies(messages)).toEqual(['cancelled']);
    expect(broker.queues()).toEqual([]);
  });
});

describe('deleting entities', () => {
  it('deletes a queue with what is in it, and its consumers are told', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    await channel.assertQueue('q');
    channel.sendToQueue('q', Buffer.from('held'));
    const messages = await collect(channel, 'q', {});
    await until(() => messages.length === 1);

    broker.faults.deleteQueue('q');

    await until(() => messages.length === 2);
    expect(bodies(messages)).toEqual(['held', 'cancelled']);
    expect(broker.queues()).toEqual([]);
    await expect(channel.checkQueue('q')).rejects.toThrow('404');
  });

  it('deletes an exclusive queue, whoever has it', async () => {
    const { broker } = await brokerInTest({ virtualHosts: ['other'] });
    const { channel } = await clientOf(broker);
    await channel.assertQueue('q', { exclusive: true });

    broker.faults.deleteQueue('q', 'other');

    expect(broker.queues()).toEqual([]);
  });

  it('deletes an exchange with its bindings: publishing to it is an error from then on', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    await channel.assertExchange('x', 'fanout');
    await channel.assertQueue('q');
    await channel.bindQueue('q', 'x', '');
    const errors: string[] = [];
    channel.on('error', (error) => errors.push(error.message));

    broker.faults.deleteExchange('x');
    channel.publish('x', '', Buffer.from('lost'));

    await until(() => errors.length === 1);
    expect(errors[0]).toContain("no exchange 'x' in vhost '/'");
    expect(broker.exchanges().filter(({ name }) => name === 'x')).toEqual([]);
    expect(broker.bindings().filter(({ source }) => source === 'x')).toEqual([]);
  });

  it('says so when there is none', async () => {
    const { broker } = await brokerInTest();
    expect(() => broker.faults.deleteQueue('q')).toThrow('There is no queue q in the virtual host /.');
    expect(() => broker.faults.deleteExchange('x', '/')).toThrow('There is no exchange x in the virtual host /.');
    expect(() => broker.faults.redeliver('q')).toThrow('There is no queue q in the virtual host /.');
    expect(() => broker.faults.deleteQueue('q', 'nowhere')).toThrow('There is no virtual host nowhere');
  });
});

describe('redelivering', () => {
  it('delivers what consumers hold once more, in order and marked, though they hold it still', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    await channel.assertQueue('q');
    const messages = await collect(channel, 'q', {});
    for (const body of ['1', '2']) channel.sendToQueue('q', Buffer.from(body));
    await until(() => messages.length === 2);

    expect(broker.faults.redeliver('q')).toBe(2);

    await until(() => messages.length === 4);
    expect(bodies(messages)).toEqual(['1', '2', '1', '2']);
    expect(messages.map((message) => message?.fields.redelivered)).toEqual([false, false, true, true]);
    expect(broker.queues()).toMatchObject([{ messages: 2, messagesUnacknowledged: 2 }]);
  });

  it('settles a message with the ack of its latest delivery; those before are no error', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    await channel.assertQueue('q');
    const messages = await collect(channel, 'q', {});
    channel.sendToQueue('q', Buffer.from('twice'));
    await until(() => messages.length === 1);
    broker.faults.redeliver('q');
    await until(() => messages.length === 2);
    const [first, second] = messages;

    if (first) channel.ack(first);
    await roundTrip(channel);
    expect(broker.queues()).toMatchObject([{ messagesUnacknowledged: 1 }]);
    if (second) channel.ack(second);
    await roundTrip(channel);
    expect(broker.queues()).toMatchObject([{ messages: 0 }]);
  });

  it('may give it to another consumer, and finds nothing where nothing is held', async () => {
    const { broker } = await brokerInTest();
    const [one, other] = [await clientOf(broker, 'one'), await clientOf(broker, 'other')];
    await one.channel.prefetch(1);
    await one.channel.assertQueue('q');
    expect(broker.faults.redeliver('q', '/')).toBe(0);
    const first = await collect(one.channel, 'q', {});
    one.channel.sendToQueue('q', Buffer.from('m'));
    await until(() => first.length === 1);
    const second = await collect(other.channel, 'q', {});

    expect(broker.faults.redeliver('q')).toBe(1);

    await until(() => second.length === 1);
    // Its prefetch is used up by what it holds.
    expect(first).toHaveLength(1);
  });
});

describe('a queue that hangs', () => {
  it('answers nothing, nor does a channel that has asked, while others do; all is answered when it is over', async () => {
    const { broker } = await brokerInTest();
    const client = await rawClient(broker);
    await client.ask(2, 'channel.open');
    const fault = broker.faults.hangQueue('stuck');
    const declare = {
      passive: false,
      durable: false,
      exclusive: false,
      autoDelete: false,
      noWait: false,
      arguments: {},
    };

    client.send(1, 'queue.declare', { queue: 'stuck', ...declare });
    client.send(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 1, global: false });

    // Both were read before this, and would have been answered before it.
    await client.ask(2, 'queue.declare', { queue: 'fine', ...declare });
    expect([fault.hits, broker.queues().map(({ name }) => name)]).toEqual([1, ['fine']]);
    fault.stop();
    expect(await client.expect(1, 'queue.declare-ok')).toMatchObject({ queue: 'stuck' });
    await client.expect(1, 'basic.qos-ok');
  });

  it('is forgotten with the channels that waited for it', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker, 'one');
    const fault = broker.faults.hangQueue('stuck');
    const declared = channel.assertQueue('stuck').catch((error: Error) => error.message);
    await until(() => fault.hits === 1);
    broker.faults.resetConnections();
    expect(await declared).toBe('Channel ended, no reply will be forthcoming');
    fault.stop();
    expect(broker.queues()).toEqual([]);
    expect(() => broker.faults.hangQueue('stuck', 'nowhere')).toThrow(BrokerError);
  });
});
