import { describe, expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import type { WireClient } from '../wire-client.js';
import {
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

/** A queue with messages of which the first so many are outstanding on channel 1, tags from 1. */
async function outstanding(client: WireClient, count: number, ...bodies: readonly string[]): Promise<string> {
  const queue = await declareQueue(client);
  await fill(client, queue, ...bodies);
  for (let gets = 0; gets < count; gets += 1) await get(client, queue, { noAck: false });
  return queue;
}

onEachBroker('Getting and settling', (broker) => {
  describe('basic.get', () => {
    it('says how many are left without those that are outstanding', async () => {
      using client = await openChannels(broker());
      const queue = await outstanding(client, 0, 'a', 'b', 'c');
      expect(await get(client, queue, { noAck: false })).toBe('got #1 a, 2 left');
      expect(await get(client, queue, { noAck: true })).toBe('got #2 b, 1 left');
      expect(await get(client, queue, { noAck: false })).toBe('got #3 c, 0 left');
      expect(await get(client, queue)).toBe('empty');
    });

    it('means the queue declared last when it names none, and 404 when there is none', async () => {
      using client = await openChannels(broker(), 2);
      await outstanding(client, 0, 'a');
      expect(await get(client, '')).toBe('got #1 a, 0 left');
      const refusal = await client.refusal(2, 'basic.get', { queue: '' });
      expect(refusal).toEqual(channelClosed('basic.get', 404, 'NOT_FOUND - no previously declared queue'));
    });

    it('is refused when there is no such queue: 404', async () => {
      using client = await openChannels(broker());
      const text = `NOT_FOUND - no queue 'nowhere' in vhost '${broker().virtualHost}'`;
      expect(await client.refusal(1, 'basic.get', { queue: 'nowhere' })).toEqual(channelClosed('basic.get', 404, text));
    });

    it('is refused when the queue belongs to another connection: 405', async () => {
      using client = await openChannels(broker());
      using another = await openChannels(broker());
      // Short enough that the text is not cut.
      const queue = broker().uniqueName('q');
      await client.ask(1, 'queue.declare', { queue, exclusive: true });
      const text = `RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '${queue}' in vhost '${broker().virtualHost}'. It could be originally declared on another connection or the exclusive property value does not match that of the original declaration.`;
      expect(await another.refusal(1, 'basic.get', { queue })).toEqual(channelClosed('basic.get', 405, text));
    });

    it('works beside an exclusive consumer', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.qos', { prefetchCount: 1 });
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'c', exclusive: true });
      send(client, queue, 'a', 'b');
      expect(await heard(client, 1)).toEqual(['deliver c #1 a']);
      expect(await get(client, queue)).toBe('got #2 b, 0 left');
    });
  });

  describe('basic.ack', () => {
    it('settles one, or all up to one, or all', async () => {
      using client = await openChannels(broker());
      const queue = await outstanding(client, 5, 'a', 'b', 'c', 'd', 'e');
      client.send(1, 'basic.ack', { deliveryTag: 2 });
      client.send(1, 'basic.ack', { deliveryTag: 3, multiple: true });
      await client.ask(1, 'basic.recover', { requeue: true });
      expect(await get(client, queue, { noAck: false })).toBe('got #6 d again, 1 left');
      expect(await get(client, queue, { noAck: false })).toBe('got #7 e again, 0 left');
      client.send(1, 'basic.ack', { deliveryTag: 0, multiple: true });
      client.send(1, 'basic.ack', { deliveryTag: 0, multiple: true });
      await client.ask(1, 'basic.recover', { requeue: true });
      expect(await get(client, queue)).toBe('empty');
    });

    it('is refused for a tag that never was: 406', async () => {
      using client = await openChannels(broker());
      for (const [deliveryTag, multiple] of [
        [5, false],
        [5, true],
        [0, false],
      ] as const) {
        const text = `PRECONDITION_FAILED - unknown delivery tag ${deliveryTag}`;
        const refusal = await client.refusal(1, 'basic.ack', { deliveryTag, multiple });
        expect(refusal).toEqual(channelClosed('basic.ack', 406, text));
        await client.ask(1, 'channel.open');
      }
    });

    it('is refused for what has been settled, alone or with others: 406', async () => {
      for (const multiple of [false, true]) {
        using client = await openChannels(broker());
        const queue = await outstanding(client, 3, 'a', 'b', 'c');
        client.send(1, 'basic.ack', { deliveryTag: 2 });
        const text = 'PRECONDITION_FAILED - unknown delivery tag 2';
        const refusal = await client.refusal(1, 'basic.ack', { deliveryTag: 2, multiple });
        expect(refusal).toEqual(channelClosed('basic.ack', 406, text));
        await client.ask(1, 'channel.open');
        expect(await get(client, queue)).toBe('got #1 a again, 1 left');
        expect(await get(client, queue)).toBe('got #2 c again, 0 left');
      }
    });

    it('is refused for what needed none: 406', async () => {
      using client = await openChannels(broker());
      const queue = await outstanding(client, 0, 'a');
      await get(client, queue, { noAck: true });
      expect(await client.refusal(1, 'basic.ack', { deliveryTag: 1 })).toMatchObject({ scope: 'channel', code: 406 });
    });

    it('is refused on another channel, which alone is closed: 406', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await outstanding(client, 1, 'a');
      const text = 'PRECONDITION_FAILED - unknown delivery tag 1';
      const refusal = await client.refusal(2, 'basic.ack', { deliveryTag: 1 });
      expect(refusal).toEqual(channelClosed('basic.ack', 406, text));
      client.send(1, 'basic.ack', { deliveryTag: 1 });
      expect(await ready(client, queue)).toBe(0);
    });
  });

  describe('basic.nack and basic.reject', () => {
    it('put a message back where it was', async () => {
      using client = await openChannels(broker());
      const queue = await outstanding(client, 4, 'a', 'b', 'c', 'd', 'e');
      client.send(1, 'basic.nack', { deliveryTag: 3, requeue: true });
      client.send(1, 'basic.reject', { deliveryTag: 2, requeue: true });
      client.send(1, 'basic.nack', { deliveryTag: 1, requeue: true });
      expect(await get(client, queue, { noAck: false })).toBe('got #5 a again, 3 left');
      expect(await get(client, queue, { noAck: false })).toBe('got #6 b again, 2 left');
      expect(await get(client, queue, { noAck: false })).toBe('got #7 c again, 1 left');
      expect(await get(client, queue, { noAck: false })).toBe('got #8 e, 0 left');
    });

    it('put back several', async () => {
      using client = await openChannels(broker());
      const queue = await outstanding(client, 3, 'a', 'b', 'c', 'd');
      client.send(1, 'basic.nack', { deliveryTag: 2, multiple: true, requeue: true });
      expect(await get(client, queue)).toBe('got #4 a again, 2 left');
      expect(await get(client, queue)).toBe('got #5 b again, 1 left');
      expect(await get(client, queue)).toBe('got #6 d, 0 left');
      client.send(1, 'basic.nack', { deliveryTag: 0, multiple: true, requeue: true });
      expect(await get(client, queue)).toBe('got #7 c again, 0 left');
    });

    it('drop without requeue', async () => {
      using client = await openChannels(broker());
      const queue = await outstanding(client, 3, 'a', 'b', 'c');
      client.send(1, 'basic.reject', { deliveryTag: 1, requeue: false });
      client.send(1, 'basic.nack', { deliveryTag: 3, multiple: true, requeue: false });
      await client.ask(1, 'basic.recover', { requeue: true });
      expect(await get(client, queue)).toBe('empty');
    });

    it('are refused for a tag that is unknown: 406', async () => {
      using client = await openChannels(broker());
      const text = 'PRECONDITION_FAILED - unknown delivery tag 1';
      for (const method of ['basic.nack', 'basic.reject']) {
        const refusal = await client.refusal(1, method, { deliveryTag: 1, requeue: true });
        expect(refusal).toEqual(channelClosed(method, 406, text));
        await client.ask(1, 'channel.open');
      }
    });
  });

  describe('basic.recover', () => {
    it('puts all back that is outstanding on the channel', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await outstanding(client, 2, 'a', 'b', 'c', 'd');
      await client.call(2, 'basic.get', { queue });
      await client.ask(1, 'basic.recover', { requeue: true });
      expect(await get(client, queue)).toBe('got #3 a again, 2 left');
      expect(await get(client, queue)).toBe('got #4 b again, 1 left');
      expect(await get(client, queue)).toBe('got #5 d, 0 left');
    });

    it('may go unanswered, in its asynchronous form', async () => {
      using client = await openChannels(broker());
      const queue = await outstanding(client, 2, 'a', 'b');
      client.send(1, 'basic.recover-async', { requeue: true });
      expect(await get(client, queue)).toBe('got #3 a again, 1 left');
    });

    it('delivers again to consumers', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'c' });
      send(client, queue, 'a', 'b');
      expect(await heard(client, 2)).toEqual(['deliver c #1 a', 'deliver c #2 b']);
      client.send(1, 'basic.recover', { requeue: true });
      expect(await heard(client, 3)).toEqual(['basic.recover-ok', 'deliver c #3 a again', 'deliver c #4 b again']);
    });

    it('is not there without requeue: 540', async () => {
      for (const method of ['basic.recover', 'basic.recover-async']) {
        using client = await openChannels(broker());
        const text = 'NOT_IMPLEMENTED - requeue=false';
        const refusal = await client.refusal(1, method, { requeue: false });
        expect(refusal).toEqual(connectionClosed(method, 540, text));
      }
    });
  });

  describe('what is outstanding', () => {
    it('goes back when its channel is closed', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await outstanding(client, 0, 'a', 'b', 'c');
      for (let gets = 0; gets < 2; gets += 1) await client.call(2, 'basic.get', { queue });
      await client.ask(2, 'channel.close');
      expect(await get(client, queue)).toBe('got #1 a again, 2 left');
      expect(await get(client, queue)).toBe('got #2 b again, 1 left');
      expect(await get(client, queue)).toBe('got #3 c, 0 left');
    });

    it('goes back when its connection is lost', async () => {
      using client = await openChannels(broker());
      const queue = broker().uniqueName('lost');
      await client.ask(1, 'queue.declare', { queue, autoDelete: true });
      await client.ask(1, 'basic.qos', { prefetchCount: 1 });
      const another = await openChannels(broker());
      await fill(client, queue, 'a', 'b');
      await another.call(1, 'basic.get', { queue });
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'c' });
      expect(await heard(client, 1)).toEqual(['deliver c #1 b']);
      another.destroy();
      client.send(1, 'basic.nack', { deliveryTag: 1, requeue: false });
      expect(await heard(client, 1)).toEqual(['deliver c #2 a again']);
    });

    it('is delivered to other consumers, in its old place, when its channel is closed', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await declareQueue(client);
      for (const channel of [1, 2]) {
        await client.ask(channel, 'basic.qos', { prefetchCount: 2 });
        await client.ask(channel, 'basic.consume', { queue, consumerTag: 'c' });
      }
      send(client, queue, 'a', 'b', 'c', 'd', 'e');
      const deliveries = (await heard(client, 4)).sort();
      expect(deliveries).toEqual(['2: deliver c #1 b', '2: deliver c #2 d', 'deliver c #1 a', 'deliver c #2 c']);
      await client.ask(2, 'channel.close');
      expect(await heardMeanwhile(client, queue)).toEqual([]);
      client.send(1, 'basic.ack', { deliveryTag: 0, multiple: true });
      expect(await heard(client, 2)).toEqual(['deliver c #3 b again', 'deliver c #4 d again']);
      client.send(1, 'basic.ack', { deliveryTag: 0, multiple: true });
      expect(await heard(client, 1)).toEqual(['deliver c #5 e']);
    });
  });
});
