import { describe, expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import {
  bodies,
  channelClosed,
  connectionClosed,
  declareExchange,
  declareQueue,
  get,
  heard,
  heardMeanwhile,
  openChannels,
  publishInFrames,
  send,
  settled,
} from './messaging.js';

onEachBroker('Publishing', (broker) => {
  it('closes the channel when there is no such exchange: 404', async () => {
    using client = await openChannels(broker());
    client.publish(1, { exchange: 'nowhere', routingKey: 'x' }, 'x');
    const text = `NOT_FOUND - no exchange 'nowhere' in vhost '${broker().virtualHost}'`;
    expect(await client.refused()).toEqual(channelClosed('basic.publish', 404, text));
  });

  it('confirms neither what failed nor what follows, and keeps what came before', async () => {
    using client = await openChannels(broker());
    await client.ask(1, 'confirm.select');
    const queue = await declareQueue(client);
    send(client, queue, 'before');
    expect(await heard(client, 1)).toEqual(['ack 1']);
    client.publish(1, { exchange: 'nowhere', routingKey: 'x' }, 'failure');
    send(client, queue, 'after');
    expect(await client.refused()).toMatchObject({ scope: 'channel', code: 404 });
    await client.ask(1, 'channel.open');
    expect(await bodies(client, queue)).toEqual(['before']);
  });

  it('refuses to publish to an internal exchange: 403', async () => {
    using client = await openChannels(broker());
    const exchange = broker().uniqueName('internal');
    await client.ask(1, 'exchange.declare', { exchange, type: 'direct', internal: true });
    client.publish(1, { exchange, routingKey: 'x' }, 'x');
    const text = `ACCESS_REFUSED - cannot publish to internal exchange '${exchange}' in vhost '${broker().virtualHost}'`;
    expect(await client.refused()).toEqual(channelClosed('basic.publish', 403, text));
    await client.ask(1, 'channel.open');
    await client.ask(1, 'exchange.delete', { exchange });
  });

  it('knows no immediate: 540', async () => {
    using client = await openChannels(broker());
    client.publish(1, { exchange: '', routingKey: 'x', immediate: true }, 'x');
    const text = 'NOT_IMPLEMENTED - immediate=true';
    expect(await client.refused()).toEqual(connectionClosed('basic.publish', 540, text));
  });

  it('wants the user-id to be the user: 406', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    client.publish(1, { exchange: '', routingKey: queue }, 'mine', { userId: broker().username });
    expect(await get(client, queue)).toBe('got #1 mine, 0 left');
    client.publish(1, { exchange: '', routingKey: queue }, 'of another', { userId: 'bob' });
    const text = `PRECONDITION_FAILED - user_id property set to 'bob' but authenticated user was '${broker().username}'`;
    expect(await client.refused()).toEqual(channelClosed('basic.publish', 406, text));
  });

  it('wants the expiration to be a number of milliseconds: 406', async () => {
    using client = await openChannels(broker());
    for (const [expiration, words] of [
      ['abc', 'no_integer'],
      ['', 'no_integer'],
      [' 5', 'no_integer'],
      ['-1', '{value_negative,-1}'],
      ['1.5', '{leftover_string,".5"}'],
      ['5 ', '{leftover_string," "}'],
      ['9999999999999', '{value_too_large,9999999999999}'],
    ] as const) {
      client.publish(1, { exchange: '', routingKey: 'x' }, 'x', { expiration });
      const text = `PRECONDITION_FAILED - invalid expiration '${expiration}': ${words}`;
      expect(await client.refused()).toEqual(channelClosed('basic.publish', 406, text));
      await client.ask(1, 'channel.open');
    }
  });

  it('takes an expiration of ten years, with a sign and leading zeros, and hands it on as it is', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    for (const expiration of ['315360000000', '+60000', '0060000']) {
      client.publish(1, { exchange: '', routingKey: queue }, 'x', { expiration });
      const { content } = await client.call(1, 'basic.get', { queue, noAck: true });
      expect(content?.properties['expiration']).toBe(expiration);
    }
  });

  it('refuses a message above 128 MiB once it is all there: 406', async () => {
    using client = await openChannels(broker());
    publishInFrames(client, { exchange: '', routingKey: 'x' }, Buffer.alloc(134_217_729), 131_072);
    const text = 'PRECONDITION_FAILED - message size 134217729 is larger than configured max size 134217728';
    expect(await client.refused()).toEqual(channelClosed('basic.publish', 406, text));
  });

  describe('mandatory', () => {
    it('returns what reaches no queue, as it was published, before the confirm', async () => {
      using client = await openChannels(broker());
      await client.ask(1, 'confirm.select');
      const exchange = await declareExchange(client, 'topic');
      const properties = { messageId: 'm', contentType: 'text/plain', headers: { a: 'b' } };
      client.publish(1, { exchange, routingKey: 'no.body', mandatory: true }, 'lost', properties);
      const { name, fields, content } = await client.next();
      expect({ name, ...fields }).toEqual({
        name: 'basic.return',
        replyCode: 312,
        replyText: 'NO_ROUTE',
        exchange,
        routingKey: 'no.body',
      });
      expect(content?.body.toString()).toBe('lost');
      expect(content?.properties).toMatchObject(properties);
      expect(await heard(client, 1)).toEqual(['ack 1']);
    });

    it('returns nothing that reached a queue, and nothing that was not mandatory', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      client.publish(1, { exchange: '', routingKey: queue, mandatory: true }, 'arrives');
      client.publish(1, { exchange: '', routingKey: 'nobody' }, 'lost in silence');
      expect(await heardMeanwhile(client, queue)).toEqual([]);
      expect(await get(client, queue)).toBe('got #1 arrives, 0 left');
    });

    it('returns in the order of publishing', async () => {
      using client = await openChannels(broker());
      for (const body of ['1', '2', '3']) {
        client.publish(1, { exchange: '', routingKey: 'nobody', mandatory: true }, body);
      }
      const returns = ['return 312 NO_ROUTE 1', 'return 312 NO_ROUTE 2', 'return 312 NO_ROUTE 3'];
      expect(await heard(client, 3)).toEqual(returns);
    });

    it('returns an empty message', async () => {
      using client = await openChannels(broker());
      client.publish(1, { exchange: '', routingKey: 'nobody', mandatory: true });
      expect(await heard(client, 1)).toEqual(['return 312 NO_ROUTE ']);
    });
  });

  describe('with confirms', () => {
    it('counts from 1 on each channel, from confirm.select on', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await declareQueue(client);
      send(client, queue, 'not counted');
      await client.ask(1, 'confirm.select');
      await client.ask(2, 'confirm.select');
      send(client, queue, 'first');
      expect(await heard(client, 1)).toEqual(['ack 1']);
      client.publish(2, { exchange: '', routingKey: queue }, 'first of another channel');
      expect(await heard(client, 1)).toEqual(['2: ack 1']);
      send(client, queue, 'second');
      expect(await heard(client, 1)).toEqual(['ack 2']);
    });

    it('goes on counting when selected again', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'confirm.select');
      send(client, queue, '1');
      expect(await heard(client, 1)).toEqual(['ack 1']);
      await client.ask(1, 'confirm.select');
      send(client, queue, '2');
      expect(await heard(client, 1)).toEqual(['ack 2']);
    });

    it('can be selected without an answer', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      client.send(1, 'confirm.select', { nowait: true });
      send(client, queue, '1');
      expect(await heard(client, 1)).toEqual(['ack 1']);
    });

    it('confirms each of many exactly once, whether it found a queue or not', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'confirm.select');
      const numbers = Array.from({ length: 200 }, (_, index) => index + 1);
      for (const number of numbers) send(client, number % 3 === 0 ? 'nobody' : queue, `${number}`);
      expect(await settled(client, 1, 200)).toEqual({ ack: numbers, nack: [] });
      expect(await bodies(client, queue)).toEqual(
        numbers.filter((number) => number % 3 !== 0).map((number) => `${number}`),
      );
    });

    it('confirms persistent messages in a durable queue', async () => {
      using client = await openChannels(broker());
      const queue = broker().uniqueName('durable');
      await client.ask(1, 'queue.declare', { queue, durable: true });
      await client.ask(1, 'confirm.select');
      for (const body of ['1', '2', '3']) {
        client.publish(1, { exchange: '', routingKey: queue }, body, { deliveryMode: 2 });
      }
      expect(await settled(client, 1, 3)).toEqual({ ack: [1, 2, 3], nack: [] });
      expect(await client.ask(1, 'queue.delete', { queue })).toEqual({ messageCount: 3 });
    });

    it('confirms a message that a consumer gets after it was sent to the consumer', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'c', noAck: true });
      await client.ask(1, 'confirm.select');
      send(client, queue, 'x');
      expect(await heard(client, 2)).toEqual(['deliver c #1 x', 'ack 1']);
    });
  });

  it('keeps the order of a channel to its consumer, on whatever channel that is', async () => {
    using client = await openChannels(broker(), 3);
    const queue = await declareQueue(client);
    await client.ask(3, 'basic.consume', { queue, consumerTag: 'c', noAck: true });
    for (let number = 1; number <= 50; number += 1) {
      for (const channel of [1, 2]) {
        client.publish(channel, { exchange: '', routingKey: queue }, `${channel}.${number}`);
      }
    }
    const received = await heard(client, 100);
    for (const channel of [1, 2]) {
      const numbers = received
        .map((words) => words.split(' ').at(-1))
        .filter((body) => body?.startsWith(`${channel}.`));
      expect(numbers).toEqual(Array.from({ length: 50 }, (_, index) => `${channel}.${index + 1}`));
    }
    expect(received.every((words, index) => words.startsWith(`3: deliver c #${index + 1} `))).toBe(true);
  });
});
