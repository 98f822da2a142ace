import { describe, expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import {
  cancelNotify,
  channelClosed,
  connectionClosed,
  declareQueue,
  fill,
  get,
  heard,
  heardMeanwhile,
  openChannels,
  ready,
  send,
} from './messaging.js';

onEachBroker('Consuming', (broker) => {
  it('delivers what is there after consume-ok, and then what comes', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    await fill(client, queue, 'a', 'b');
    client.send(1, 'basic.consume', { queue, consumerTag: 'c' });
    expect(await heard(client, 3)).toEqual(['basic.consume-ok', 'deliver c #1 a', 'deliver c #2 b']);
    send(client, queue, 'c');
    const { fields } = await client.next();
    expect(fields).toEqual({ consumerTag: 'c', deliveryTag: 3, redelivered: false, exchange: '', routingKey: queue });
  });

  it('can begin and end without an answer', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    client.send(1, 'basic.consume', { queue, consumerTag: 'c', nowait: true, noAck: true });
    send(client, queue, 'a');
    expect(await heard(client, 1)).toEqual(['deliver c #1 a']);
    client.send(1, 'basic.cancel', { consumerTag: 'c', nowait: true });
    send(client, queue, 'b');
    expect(await get(client, queue)).toBe('got #2 b, 0 left');
  });

  it('means the queue declared last when it names none', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    await client.ask(1, 'basic.consume', { queue: '', consumerTag: 'c' });
    send(client, queue, 'a');
    expect(await heard(client, 1)).toEqual(['deliver c #1 a']);
  });

  it('is refused when there is no such queue: 404', async () => {
    using client = await openChannels(broker());
    const text = `NOT_FOUND - no queue 'nowhere' in vhost '${broker().virtualHost}'`;
    const refusal = await client.refusal(1, 'basic.consume', { queue: 'nowhere' });
    expect(refusal).toEqual(channelClosed('basic.consume', 404, text));
  });

  it('is refused when the queue belongs to another connection: 405', async () => {
    using client = await openChannels(broker());
    using another = await openChannels(broker());
    const queue = await declareQueue(client);
    const refusal = await another.refusal(1, 'basic.consume', { queue });
    expect(refusal).toMatchObject({ scope: 'channel', code: 405, method: 'basic.consume' });
  });

  it('delivers what its own connection published, no-local or not', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    await client.ask(1, 'basic.consume', { queue, consumerTag: 'c', noLocal: true });
    send(client, queue, 'a');
    expect(await heard(client, 1)).toEqual(['deliver c #1 a']);
  });

  it('minds no arguments that it does not know', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    await client.ask(1, 'basic.consume', { queue, consumerTag: 'c', arguments: { 'x-unknown': 1 } });
  });

  it('may have its flow confirmed, but not stopped: 540', async () => {
    using client = await openChannels(broker());
    expect(await client.ask(1, 'channel.flow', { active: true })).toEqual({ active: true });
    const text = 'NOT_IMPLEMENTED - active=false';
    const refusal = await client.refusal(1, 'channel.flow', { active: false });
    expect(refusal).toEqual(connectionClosed('channel.flow', 540, text));
  });

  describe('tags', () => {
    it('are made by the broker when the client gives none', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      const first = (await client.ask(1, 'basic.consume', { queue }))['consumerTag'];
      const second = (await client.ask(1, 'basic.consume', { queue }))['consumerTag'];
      expect(first).toMatch(/^amq\.ctag-[\w-]{22}$/);
      expect(second).not.toBe(first);
    });

    it('are of a channel: 530 for the same in one channel, and none in another', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await declareQueue(client);
      for (const channel of [1, 2]) await client.ask(channel, 'basic.consume', { queue, consumerTag: 'c' });
      const text = "NOT_ALLOWED - attempt to reuse consumer tag 'c'";
      const refusal = await client.refusal(2, 'basic.consume', { queue, consumerTag: 'c' });
      expect(refusal).toEqual(connectionClosed('basic.consume', 530, text));
    });

    it('are free again after basic.cancel, which minds no unknown one', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      for (let times = 0; times < 2; times += 1) {
        await client.ask(1, 'basic.consume', { queue, consumerTag: 'c' });
        expect(await client.ask(1, 'basic.cancel', { consumerTag: 'c' })).toEqual({ consumerTag: 'c' });
      }
      expect(await client.ask(1, 'basic.cancel', { consumerTag: 'never' })).toEqual({ consumerTag: 'never' });
    });
  });

  describe('basic.cancel', () => {
    it('ends no consumer of another channel', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'c' });
      await client.ask(2, 'basic.cancel', { consumerTag: 'c' });
      send(client, queue, 'a');
      expect(await heard(client, 1)).toEqual(['deliver c #1 a']);
    });

    it('ends deliveries, and leaves outstanding what is', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.qos', { prefetchCount: 2 });
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'c' });
      send(client, queue, 'a', 'b', 'c');
      expect(await heard(client, 2)).toEqual(['deliver c #1 a', 'deliver c #2 b']);
      await client.ask(1, 'basic.cancel', { consumerTag: 'c' });
      client.send(1, 'basic.ack', { deliveryTag: 1 });
      expect(await heardMeanwhile(client, queue)).toEqual([]);
      expect(await ready(client, queue)).toBe(1);
      client.send(1, 'basic.nack', { deliveryTag: 2, requeue: true });
      expect(await get(client, queue)).toBe('got #3 b again, 1 left');
    });
  });

  describe('exclusively', () => {
    it('keeps others out, until it ends: 403', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'c', exclusive: true });
      const text = `ACCESS_REFUSED - queue '${queue}' in vhost '${broker().virtualHost}' in exclusive use`;
      const refusal = await client.refusal(2, 'basic.consume', { queue });
      expect(refusal).toEqual(channelClosed('basic.consume', 403, text));
      await client.ask(2, 'channel.open');
      await client.ask(1, 'basic.cancel', { consumerTag: 'c' });
      await client.ask(2, 'basic.consume', { queue });
    });

    it('ends with its channel', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await declareQueue(client);
      await client.ask(2, 'basic.consume', { queue, exclusive: true });
      await client.ask(2, 'channel.close');
      await client.ask(1, 'basic.consume', { queue, exclusive: true });
    });

    it('is refused where others consume: 403', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.consume', { queue });
      const refusal = await client.refusal(2, 'basic.consume', { queue, exclusive: true });
      expect(refusal).toMatchObject({ scope: 'channel', code: 403 });
    });
  });

  describe('a queue that is deleted', () => {
    it('is told to a client that can be told, by basic.cancel for each consumer', async () => {
      using client = await openChannels(broker(), 1, cancelNotify);
      const queue = await declareQueue(client);
      for (const consumerTag of ['x', 'y']) await client.ask(1, 'basic.consume', { queue, consumerTag });
      expect((await client.call(1, 'queue.delete', { queue })).name).toBe('queue.delete-ok');
      const cancels = [await client.next(), await client.next()].map(({ name, fields }) => ({ name, ...fields }));
      expect(cancels).toEqual([
        { name: 'basic.cancel', consumerTag: 'x', nowait: true },
        { name: 'basic.cancel', consumerTag: 'y', nowait: true },
      ]);
    });

    it('is not told to others', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'x' });
      await client.ask(1, 'queue.delete', { queue });
      const another = await declareQueue(client);
      expect(await heardMeanwhile(client, another)).toEqual([]);
    });

    it('leaves tags that can be used again, and deliveries that can be settled', async () => {
      for (const options of [cancelNotify, {}]) {
        using client = await openChannels(broker(), 1, options);
        const queue = await declareQueue(client);
        await client.ask(1, 'basic.consume', { queue, consumerTag: 'c' });
        send(client, queue, 'a', 'b');
        expect(await heard(client, 2)).toEqual(['deliver c #1 a', 'deliver c #2 b']);
        await client.ask(1, 'queue.delete', { queue });
        if (options === cancelNotify) expect(await heard(client, 1)).toEqual(['cancel c']);
        client.send(1, 'basic.ack', { deliveryTag: 1 });
        client.send(1, 'basic.nack', { deliveryTag: 2, requeue: true });
        const another = await declareQueue(client);
        await client.ask(1, 'basic.consume', { queue: another, consumerTag: 'c' });
      }
    });
  });
});
