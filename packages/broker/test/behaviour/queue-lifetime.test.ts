import { describe, expect, it } from 'vitest';
import { type BrokerUnderTest, onEachBroker } from '../brokers.js';
import type { WireClient } from '../wire-client.js';
import { cancelNotify, channelClosed, declareQueue, fill, get, heard, openChannels, ready, send } from './messaging.js';

async function declareAutoDelete(broker: BrokerUnderTest, client: WireClient): Promise<string> {
  const queue = broker.uniqueName('auto-delete');
  await client.ask(1, 'queue.declare', { queue, autoDelete: true });
  return queue;
}

/** What the broker says of a queue that is gone, to a passive declaration. */
function notFound(broker: BrokerUnderTest, queue: string) {
  const text = `NOT_FOUND - no queue '${queue}' in vhost '${broker.virtualHost}'`;
  return channelClosed('queue.declare', 404, text);
}

onEachBroker('The life of a queue', (broker) => {
  describe('that deletes itself', () => {
    it('ends with its last consumer, and not before it had one', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await declareAutoDelete(broker(), client);
      expect(await get(client, queue)).toBe('empty');
      for (const consumerTag of ['x', 'y']) await client.ask(1, 'basic.consume', { queue, consumerTag });
      await client.ask(1, 'basic.cancel', { consumerTag: 'x' });
      const declared = await client.ask(1, 'queue.declare', { queue, passive: true });
      expect(declared).toEqual({ queue, messageCount: 0, consumerCount: 1 });
      await client.ask(1, 'basic.cancel', { consumerTag: 'y' });
      const refusal = await client.refusal(2, 'queue.declare', { queue, passive: true });
      expect(refusal).toEqual(notFound(broker(), queue));
    });

    it('ends with the channel of its last consumer, and the messages that are in it', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await declareAutoDelete(broker(), client);
      await client.ask(2, 'basic.qos', { prefetchCount: 1 });
      await client.ask(2, 'basic.consume', { queue, consumerTag: 'c' });
      send(client, queue, 'a', 'b');
      expect(await heard(client, 1)).toEqual(['2: deliver c #1 a']);
      await client.ask(2, 'channel.close');
      const refusal = await client.refusal(1, 'queue.declare', { queue, passive: true });
      expect(refusal).toEqual(notFound(broker(), queue));
    });
  });

  describe('that is exclusive', () => {
    it('ends with its connection when that is closed', async () => {
      using client = await openChannels(broker());
      using another = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(0, 'connection.close');
      const refusal = await another.refusal(1, 'queue.declare', { queue, passive: true });
      expect(refusal).toEqual(notFound(broker(), queue));
    });

    it('does not end with the channel that declared it', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await declareQueue(client);
      await client.ask(1, 'channel.close');
      const declared = await client.ask(2, 'queue.declare', { queue, passive: true });
      expect(declared).toEqual({ queue, messageCount: 0, consumerCount: 0 });
    });
  });

  describe('in numbers', () => {
    it('counts only what is ready, in queue.declare-ok, purge-ok and delete-ok', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await fill(client, queue, 'a', 'b', 'c', 'd', 'e');
      await get(client, queue, { noAck: false });
      expect(await ready(client, queue)).toBe(4);
      expect(await client.ask(1, 'queue.purge', { queue })).toEqual({ messageCount: 4 });
      expect(await client.ask(1, 'queue.purge', { queue })).toEqual({ messageCount: 0 });
      await fill(client, queue, 'f', 'g');
      expect(await client.ask(1, 'queue.delete', { queue })).toEqual({ messageCount: 2 });
      expect(await client.ask(1, 'queue.delete', { queue })).toEqual({ messageCount: 0 });
    });

    it('counts consumers', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await declareQueue(client);
      for (const consumerTag of ['x', 'y']) await client.ask(2, 'basic.consume', { queue, consumerTag });
      const counting = async () => (await client.ask(1, 'queue.declare', { queue, passive: true }))['consumerCount'];
      expect(await counting()).toBe(2);
      await client.ask(2, 'channel.close');
      expect(await counting()).toBe(0);
    });
  });

  it('keeps outstanding messages over a purge', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    await fill(client, queue, 'a', 'b');
    await get(client, queue, { noAck: false });
    await client.ask(1, 'queue.purge', { queue });
    client.send(1, 'basic.nack', { deliveryTag: 1, requeue: true });
    expect(await get(client, queue)).toBe('got #2 a again, 0 left');
  });

  it('can be ended, or emptied, without an answer', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    send(client, queue, 'a');
    client.send(1, 'queue.purge', { queue, nowait: true });
    expect(await get(client, queue)).toBe('empty');
    client.send(1, 'queue.delete', { queue, nowait: true });
    const refusal = await client.refusal(1, 'queue.declare', { queue, passive: true });
    expect(refusal).toEqual(notFound(broker(), queue));
  });

  it('can begin, be bound and unbound without an answer', async () => {
    using client = await openChannels(broker());
    const queue = broker().uniqueName('no-wait');
    client.send(1, 'queue.declare', { queue, exclusive: true, nowait: true });
    client.send(1, 'queue.bind', { queue, exchange: 'amq.direct', routingKey: queue, nowait: true });
    client.publish(1, { exchange: 'amq.direct', routingKey: queue }, 'a');
    expect(await get(client, queue)).toBe('got #1 a, 0 left');
    client.send(1, 'queue.bind', { queue, exchange: 'amq.direct', routingKey: 'another', nowait: true });
    await client.ask(1, 'queue.unbind', { queue, exchange: 'amq.direct', routingKey: queue });
    client.publish(1, { exchange: 'amq.direct', routingKey: queue, mandatory: true }, 'b');
    expect(await heard(client, 1)).toEqual(['return 312 NO_ROUTE b']);
  });

  it('is over for a consumer of another channel when the queue is deleted', async () => {
    using client = await openChannels(broker(), 2, cancelNotify);
    const queue = await declareQueue(client);
    await client.ask(2, 'basic.consume', { queue, consumerTag: 'c' });
    client.send(1, 'queue.delete', { queue });
    expect((await heard(client, 2)).sort()).toEqual(['2: cancel c', 'queue.delete-ok']);
    client.publish(1, { exchange: '', routingKey: queue, mandatory: true }, 'a');
    expect(await heard(client, 1)).toEqual(['return 312 NO_ROUTE a']);
  });
});
