import { describe, expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import { channelClosed, declareQueue, heard, openChannels, send } from './messaging.js';

onEachBroker('Several consumers of a queue', (broker) => {
  describe('that all are active', () => {
    it('goes round', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      for (const consumerTag of ['x', 'y', 'z']) {
        await client.ask(1, 'basic.consume', { queue, consumerTag, noAck: true });
      }
      send(client, queue, 'a', 'b', 'c', 'd', 'e');
      const round = ['deliver x #1 a', 'deliver y #2 b', 'deliver z #3 c', 'deliver x #4 d', 'deliver y #5 e'];
      expect(await heard(client, 5)).toEqual(round);
      await client.ask(1, 'basic.cancel', { consumerTag: 'z' });
      send(client, queue, 'f', 'g', 'h');
      expect(await heard(client, 3)).toEqual(['deliver x #6 f', 'deliver y #7 g', 'deliver x #8 h']);
    });

    it('lets one that joins wait for its turn', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      const join = (consumerTag: string) => client.ask(1, 'basic.consume', { queue, consumerTag, noAck: true });
      for (const consumerTag of ['x', 'y']) await join(consumerTag);
      send(client, queue, 'a');
      expect(await heard(client, 1)).toEqual(['deliver x #1 a']);
      await join('z');
      send(client, queue, 'b', 'c', 'd', 'e');
      const round = ['deliver y #2 b', 'deliver x #3 c', 'deliver z #4 d', 'deliver y #5 e'];
      expect(await heard(client, 4)).toEqual(round);
    });

    it('gives to the next what one puts back', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      for (const consumerTag of ['x', 'y', 'z']) await client.ask(1, 'basic.consume', { queue, consumerTag });
      send(client, queue, 'a');
      expect(await heard(client, 1)).toEqual(['deliver x #1 a']);
      client.send(1, 'basic.nack', { deliveryTag: 1, requeue: true });
      expect(await heard(client, 1)).toEqual(['deliver y #2 a again']);
      client.send(1, 'basic.reject', { deliveryTag: 2, requeue: true });
      expect(await heard(client, 1)).toEqual(['deliver z #3 a again']);
    });

    it('serves a higher priority first while that has room', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'lower', arguments: { 'x-priority': -1 } });
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'usual' });
      await client.ask(1, 'basic.cancel', { consumerTag: 'usual' });
      await client.ask(1, 'basic.qos', { prefetchCount: 1 });
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'middle' });
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'high', arguments: { 'x-priority': 10 } });
      send(client, queue, 'a', 'b', 'c', 'd');
      const deliveries = ['deliver high #1 a', 'deliver middle #2 b', 'deliver lower #3 c', 'deliver lower #4 d'];
      expect(await heard(client, 4)).toEqual(deliveries);
      client.send(1, 'basic.ack', { deliveryTag: 1 });
      send(client, queue, 'e');
      expect(await heard(client, 1)).toEqual(['deliver high #5 e']);
    });

    it('wants a priority to be a number: 406', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      const text = `PRECONDITION_FAILED - invalid arg 'x-priority' for queue '${queue}' in vhost '${broker().virtualHost}': "expected integer, got longstr"`;
      const refusal = await client.refusal(1, 'basic.consume', { queue, arguments: { 'x-priority': 'high' } });
      expect(refusal).toEqual(channelClosed('basic.consume', 406, text));
    });
  });

  describe('with a single active consumer', () => {
    const args = { 'x-single-active-consumer': true };

    it('serves the first, whatever the priority of others, and then the one of highest priority', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client, args);
      for (const [consumerTag, priority] of [
        ['x', 0],
        ['y', 0],
        ['high', 10],
      ] as const) {
        await client.ask(1, 'basic.consume', { queue, consumerTag, arguments: { 'x-priority': priority } });
      }
      send(client, queue, 'a');
      expect(await heard(client, 1)).toEqual(['deliver x #1 a']);
      await client.ask(1, 'basic.cancel', { consumerTag: 'x' });
      client.send(1, 'basic.nack', { deliveryTag: 1, requeue: true });
      expect(await heard(client, 1)).toEqual(['deliver high #2 a again']);
    });

    it('serves the next when the active one is cancelled', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client, args);
      for (const consumerTag of ['x', 'y', 'z']) await client.ask(1, 'basic.consume', { queue, consumerTag });
      send(client, queue, 'a', 'b', 'c');
      expect(await heard(client, 3)).toEqual(['deliver x #1 a', 'deliver x #2 b', 'deliver x #3 c']);
      await client.ask(1, 'basic.cancel', { consumerTag: 'x' });
      client.send(1, 'basic.nack', { deliveryTag: 2, requeue: true });
      expect(await heard(client, 1)).toEqual(['deliver y #4 b again']);
      send(client, queue, 'd');
      expect(await heard(client, 1)).toEqual(['deliver y #5 d']);
    });

    it('serves the next when the channel of the active one is closed', async () => {
      using client = await openChannels(broker(), 2);
      const queue = await declareQueue(client, args);
      await client.ask(2, 'basic.consume', { queue, consumerTag: 'x' });
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'y' });
      send(client, queue, 'a', 'b');
      expect(await heard(client, 2)).toEqual(['2: deliver x #1 a', '2: deliver x #2 b']);
      client.send(2, 'channel.close');
      const all = (await heard(client, 3)).filter((words) => words !== '2: channel.close-ok');
      expect(all).toEqual(['deliver y #1 a again', 'deliver y #2 b again']);
    });

    it('knows no exclusive consumer: 403', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client, args);
      const text = `ACCESS_REFUSED - queue '${queue}' in vhost '${broker().virtualHost}' in exclusive use`;
      const refusal = await client.refusal(1, 'basic.consume', { queue, exclusive: true });
      expect(refusal).toEqual(channelClosed('basic.consume', 403, text));
    });
  });
});
