import { describe, expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import { connectionClosed, declareQueue, get, heard, heardMeanwhile, openChannels, ready, send } from './messaging.js';

onEachBroker('Prefetch', (broker) => {
  it('knows no limit in octets: 540', async () => {
    using client = await openChannels(broker());
    const text = 'NOT_IMPLEMENTED - prefetch_size!=0 (1)';
    const refusal = await client.refusal(1, 'basic.qos', { prefetchSize: 1 });
    expect(refusal).toEqual(connectionClosed('basic.qos', 540, text));
  });

  it('does not limit consumers that acknowledge nothing', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    await client.ask(1, 'basic.qos', { prefetchCount: 1 });
    await client.ask(1, 'basic.consume', { queue, consumerTag: 'c', noAck: true });
    send(client, queue, 'a', 'b', 'c');
    expect(await heard(client, 3)).toEqual(['deliver c #1 a', 'deliver c #2 b', 'deliver c #3 c']);
    expect(await ready(client, queue)).toBe(0);
  });

  it('is unlimited without qos and when it is 0', async () => {
    using client = await openChannels(broker());
    const numbers = Array.from({ length: 300 }, (_, index) => `${index + 1}`);
    for (const prepare of [async () => {}, () => client.ask(1, 'basic.qos', { prefetchCount: 0 })]) {
      await prepare();
      const queue = await declareQueue(client);
      send(client, queue, ...numbers);
      await client.ask(1, 'basic.consume', { queue, consumerTag: queue });
      expect((await heard(client, 300)).map((words) => words.split(' ').at(-1))).toEqual(numbers);
    }
  });

  describe('of a consumer', () => {
    it('holds for consumers that come later, and counts for each of them', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.qos', { prefetchCount: 2 });
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'two' });
      await client.ask(1, 'basic.qos', { prefetchCount: 1 });
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'one' });
      send(client, queue, 'a', 'b', 'c', 'd', 'e', 'f');
      expect(await heard(client, 3)).toEqual(['deliver two #1 a', 'deliver one #2 b', 'deliver two #3 c']);
      expect(await heardMeanwhile(client, queue)).toEqual([]);
      client.send(1, 'basic.ack', { deliveryTag: 1 });
      expect(await heard(client, 1)).toEqual(['deliver two #4 d']);
      await client.ask(1, 'basic.qos', { prefetchCount: 0 });
      expect(await heardMeanwhile(client, queue)).toEqual([]);
      client.send(1, 'basic.ack', { deliveryTag: 2 });
      expect(await heard(client, 1)).toEqual(['deliver one #5 e']);
      expect(await heardMeanwhile(client, queue)).toEqual([]);
    });

    it('makes room by whatever settles a message', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.qos', { prefetchCount: 1 });
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'c' });
      send(client, queue, 'a', 'b', 'c');
      expect(await heard(client, 1)).toEqual(['deliver c #1 a']);
      client.send(1, 'basic.reject', { deliveryTag: 1, requeue: false });
      expect(await heard(client, 1)).toEqual(['deliver c #2 b']);
      client.send(1, 'basic.nack', { deliveryTag: 2, requeue: true });
      expect(await heard(client, 1)).toEqual(['deliver c #3 b again']);
      client.send(1, 'basic.ack', { deliveryTag: 3 });
      expect(await heard(client, 1)).toEqual(['deliver c #4 c']);
    });

    it('gives a message to whoever has room', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.qos', { prefetchCount: 1 });
      for (const consumerTag of ['slow', 'quick']) await client.ask(1, 'basic.consume', { queue, consumerTag });
      send(client, queue, 'a', 'b', 'c', 'd', 'e');
      expect(await heard(client, 2)).toEqual(['deliver slow #1 a', 'deliver quick #2 b']);
      client.send(1, 'basic.ack', { deliveryTag: 2 });
      expect(await heard(client, 1)).toEqual(['deliver quick #3 c']);
      client.send(1, 'basic.ack', { deliveryTag: 3 });
      expect(await heard(client, 1)).toEqual(['deliver quick #4 d']);
      client.send(1, 'basic.ack', { deliveryTag: 1 });
      expect(await heard(client, 1)).toEqual(['deliver slow #5 e']);
    });
  });

  describe('of a channel', () => {
    it('counts over all its consumers', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.qos', { prefetchCount: 3, global: true });
      for (const consumerTag of ['x', 'y']) await client.ask(1, 'basic.consume', { queue, consumerTag });
      send(client, queue, 'a', 'b', 'c', 'd', 'e');
      expect(await heard(client, 3)).toEqual(['deliver x #1 a', 'deliver y #2 b', 'deliver x #3 c']);
      expect(await heardMeanwhile(client, queue)).toEqual([]);
      client.send(1, 'basic.ack', { deliveryTag: 1 });
      expect(await heard(client, 1)).toEqual(['deliver y #4 d']);
      expect(await heardMeanwhile(client, queue)).toEqual([]);
    });

    it('counts over all queues', async () => {
      using client = await openChannels(broker());
      const [one, another] = [await declareQueue(client), await declareQueue(client)];
      await client.ask(1, 'basic.qos', { prefetchCount: 1, global: true });
      for (const queue of [one, another]) await client.ask(1, 'basic.consume', { queue, consumerTag: queue });
      send(client, one, 'a');
      expect(await heard(client, 1)).toEqual([`deliver ${one} #1 a`]);
      send(client, another, 'b');
      expect(await heardMeanwhile(client, another)).toEqual([]);
      client.send(1, 'basic.ack', { deliveryTag: 1 });
      expect(await heard(client, 1)).toEqual([`deliver ${another} #2 b`]);
    });

    it('changes for the consumers that are there, at once', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'c' });
      await client.ask(1, 'basic.qos', { prefetchCount: 1, global: true });
      send(client, queue, 'a', 'b', 'c', 'd', 'e');
      expect(await heard(client, 1)).toEqual(['deliver c #1 a']);
      expect(await heardMeanwhile(client, queue)).toEqual([]);
      await client.ask(1, 'basic.qos', { prefetchCount: 3, global: true });
      expect(await heard(client, 2)).toEqual(['deliver c #2 b', 'deliver c #3 c']);
      expect(await heardMeanwhile(client, queue)).toEqual([]);
      await client.ask(1, 'basic.qos', { prefetchCount: 0, global: true });
      expect(await heard(client, 2)).toEqual(['deliver c #4 d', 'deliver c #5 e']);
    });

    it('can be lowered below what is outstanding', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.qos', { prefetchCount: 2, global: true });
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'c' });
      send(client, queue, 'a', 'b', 'c', 'd');
      expect(await heard(client, 2)).toEqual(['deliver c #1 a', 'deliver c #2 b']);
      await client.ask(1, 'basic.qos', { prefetchCount: 1, global: true });
      client.send(1, 'basic.ack', { deliveryTag: 1 });
      expect(await heardMeanwhile(client, queue)).toEqual([]);
      client.send(1, 'basic.ack', { deliveryTag: 2 });
      expect(await heard(client, 1)).toEqual(['deliver c #3 c']);
    });

    it('holds beside that of each consumer', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.qos', { prefetchCount: 3, global: true });
      await client.ask(1, 'basic.qos', { prefetchCount: 2 });
      for (const consumerTag of ['x', 'y']) await client.ask(1, 'basic.consume', { queue, consumerTag });
      send(client, queue, 'a', 'b', 'c', 'd');
      expect(await heard(client, 3)).toEqual(['deliver x #1 a', 'deliver y #2 b', 'deliver x #3 c']);
      client.send(1, 'basic.ack', { deliveryTag: 2 });
      expect(await heard(client, 1)).toEqual(['deliver y #4 d']);
    });

    it('does not limit basic.get, nor count what that got', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.qos', { prefetchCount: 1, global: true });
      send(client, queue, 'a', 'b', 'c');
      expect(await get(client, queue, { noAck: false })).toBe('got #1 a, 2 left');
      expect(await get(client, queue, { noAck: false })).toBe('got #2 b, 1 left');
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'c' });
      expect(await heard(client, 1)).toEqual(['deliver c #3 c']);
    });
  });
});
