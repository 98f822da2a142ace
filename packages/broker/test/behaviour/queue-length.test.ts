import { describe, expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import type { WireClient } from '../wire-client.js';
import { deadLetters } from './deaths.js';
import {
  bodies,
  boundQueue,
  declareQueue,
  fill,
  get,
  heard,
  heardMeanwhile,
  openChannels,
  ready,
  send,
  settled,
} from './messaging.js';

onEachBroker('A full queue', (broker) => {
  describe('drops its oldest messages', () => {
    it('when it may hold so many, and confirms the new ones', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client, { 'x-max-length': 2 });
      await client.ask(1, 'confirm.select');
      send(client, queue, 'a', 'b', 'c', 'd');
      expect(await settled(client, 1, 4)).toEqual({ ack: [1, 2, 3, 4], nack: [] });
      expect(await bodies(client, queue)).toEqual(['c', 'd']);
    });

    it('into the dead letter exchange, with the reason maxlen', async () => {
      using client = await openChannels(broker());
      const { args } = await deadLetters(broker(), client);
      const queue = await declareQueue(client, { 'x-max-length': 1, 'x-overflow': 'drop-head', ...args });
      send(client, queue, 'a', 'b', 'c');
      for (const body of ['a', 'b']) {
        const { content } = await client.next();
        expect(content?.body.toString()).toBe(body);
        expect(content?.properties['headers']).toMatchObject({
          'x-death': [{ reason: 'maxlen', queue, count: 1 }],
          'x-first-death-reason': 'maxlen',
        });
      }
    });

    it('when it may hold none', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client, { 'x-max-length': 0 });
      await fill(client, queue, 'a');
      expect(await get(client, queue)).toBe('empty');
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'c' });
      send(client, queue, 'b');
      expect(await heard(client, 1)).toEqual(['deliver c #1 b']);
    });

    it('when it may hold so many octets of bodies', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client, { 'x-max-length-bytes': 10 });
      for (const body of ['aa', 'bb', 'cc', 'dd', 'ee', 'ff']) {
        client.publish(1, { exchange: '', routingKey: queue }, body, { headers: { not: 'counted' } });
      }
      expect(await bodies(client, queue)).toEqual(['bb', 'cc', 'dd', 'ee', 'ff']);
      await fill(client, queue, 'aa', 'eleven octe');
      expect(await bodies(client, queue)).toEqual([]);
    });

    it('when its consumers take no more', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client, { 'x-max-length': 1 });
      await client.ask(1, 'basic.qos', { prefetchCount: 1 });
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'c' });
      send(client, queue, 'a', 'b', 'c');
      expect(await heard(client, 1)).toEqual(['deliver c #1 a']);
      expect(await ready(client, queue)).toBe(1);
      client.send(1, 'basic.ack', { deliveryTag: 1 });
      expect(await heard(client, 1)).toEqual(['deliver c #2 c']);
    });

    it('counting only what is ready, but also what is put back', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client, { 'x-max-length': 1 });
      await fill(client, queue, 'a');
      await get(client, queue, { noAck: false });
      await fill(client, queue, 'b');
      expect(await ready(client, queue)).toBe(1);
      client.send(1, 'basic.nack', { deliveryTag: 1, requeue: true });
      expect(await bodies(client, queue)).toEqual(['b']);
    });
  });

  describe('that rejects', () => {
    it('negatively confirms what it does not take, and goes on when there is room', async () => {
      using client = await openChannels(broker());
      const { dead, args } = await deadLetters(broker(), client);
      const queue = await declareQueue(client, { 'x-max-length': 2, 'x-overflow': 'reject-publish', ...args });
      await client.ask(1, 'confirm.select');
      send(client, queue, 'a', 'b', 'c', 'd');
      expect(await settled(client, 1, 4)).toEqual({ ack: [1, 2], nack: [3, 4] });
      expect(await get(client, queue)).toBe('got #1 a, 1 left');
      send(client, queue, 'e');
      expect(await heard(client, 1)).toEqual(['ack 5']);
      expect(await bodies(client, queue)).toEqual(['b', 'e']);
      expect(await heardMeanwhile(client, dead)).toEqual([]);
    });

    it('says in basic.nack that the message can be published again', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client, { 'x-max-length': 0, 'x-overflow': 'reject-publish' });
      await client.ask(1, 'confirm.select');
      send(client, queue, 'a');
      const { name, fields } = await client.next();
      expect({ name, ...fields }).toMatchObject({ name: 'basic.nack', deliveryTag: 1, requeue: true });
    });

    it('takes nothing when it may hold nothing, though a consumer waits', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client, { 'x-max-length': 0, 'x-overflow': 'reject-publish' });
      await client.ask(1, 'confirm.select');
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'c', noAck: true });
      send(client, queue, 'a');
      expect(await heard(client, 1)).toEqual(['nack 1']);
      expect(await heardMeanwhile(client, queue)).toEqual([]);
    });

    it('does so for octets of bodies too', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client, { 'x-max-length-bytes': 4, 'x-overflow': 'reject-publish' });
      await client.ask(1, 'confirm.select');
      send(client, queue, 'aaa', 'bbb', 'c', 'd');
      expect(await settled(client, 1, 4)).toEqual({ ack: [1, 3], nack: [2, 4] });
      expect(await bodies(client, queue)).toEqual(['aaa', 'c']);
    });

    it('drops in silence what is published without confirms', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client, { 'x-max-length': 1, 'x-overflow': 'reject-publish' });
      client.publish(1, { exchange: '', routingKey: queue, mandatory: true }, 'a');
      client.publish(1, { exchange: '', routingKey: queue, mandatory: true }, 'b');
      expect(await bodies(client, queue)).toEqual(['a']);
    });

    it('makes a publish fail that another queue took', async () => {
      using client = await openChannels(broker());
      const exchange = broker().uniqueName('fanout');
      await client.ask(1, 'exchange.declare', { exchange, type: 'fanout', autoDelete: true });
      const taking = await boundQueue(client, exchange);
      const full = await declareQueue(client, { 'x-max-length': 0, 'x-overflow': 'reject-publish' });
      await client.ask(1, 'queue.bind', { queue: full, exchange });
      await client.ask(1, 'confirm.select');
      client.publish(1, { exchange, routingKey: '', mandatory: true }, 'a');
      expect(await heard(client, 1)).toEqual(['nack 1']);
      expect(await bodies(client, taking)).toEqual(['a']);
    });

    it('makes dead letters of what it rejects, when told so', async () => {
      using client = await openChannels(broker());
      const { args } = await deadLetters(broker(), client);
      const queue = await declareQueue(client, { 'x-max-length': 1, 'x-overflow': 'reject-publish-dlx', ...args });
      await client.ask(1, 'confirm.select');
      send(client, queue, 'a');
      expect(await heard(client, 1)).toEqual(['ack 1']);
      send(client, queue, 'b');
      const told = [await client.next(), await client.next()];
      expect(told.map(({ name }) => name).sort()).toEqual(['basic.deliver', 'basic.nack']);
      const { content } = told.find(({ name }) => name === 'basic.deliver') ?? {};
      expect(content?.body.toString()).toBe('b');
      expect(content?.properties['headers']).toMatchObject({ 'x-death': [{ reason: 'maxlen', queue }] });
      expect(await bodies(client, queue)).toEqual(['a']);
    });
  });
});

onEachBroker('A queue with priorities', (broker) => {
  function sendWithPriority(client: WireClient, queue: string, body: string, priority?: number): void {
    client.publish(1, { exchange: '', routingKey: queue }, body, { priority });
  }

  it('gives higher ones first, and equal ones in their order, none being 0 and too high the highest', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client, { 'x-max-priority': 5 });
    for (const [body, priority] of [
      ['none', undefined],
      ['one', 1],
      ['five', 5],
      ['nine', 9],
      ['three', 3],
      ['another five', 5],
      ['zero', 0],
      ['another one', 1],
    ] as const) {
      sendWithPriority(client, queue, body, priority);
    }
    const order = ['five', 'nine', 'another five', 'three', 'one', 'another one', 'none', 'zero'];
    expect(await bodies(client, queue)).toEqual(order);
  });

  it('hands the priority on as it came, above the highest too', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client, { 'x-max-priority': 5 });
    sendWithPriority(client, queue, 'x', 9);
    const { content } = await client.call(1, 'basic.get', { queue });
    expect(content?.properties['priority']).toBe(9);
  });

  it('puts messages back where they were', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client, { 'x-max-priority': 5 });
    sendWithPriority(client, queue, 'low', 1);
    sendWithPriority(client, queue, 'high', 2);
    sendWithPriority(client, queue, 'another high', 2);
    for (let gets = 0; gets < 3; gets += 1) await get(client, queue, { noAck: false });
    client.send(1, 'basic.nack', { deliveryTag: 0, multiple: true, requeue: true });
    expect(await get(client, queue)).toBe('got #4 high again, 2 left');
    expect(await get(client, queue)).toBe('got #5 another high again, 1 left');
    expect(await get(client, queue)).toBe('got #6 low again, 0 left');
  });

  it('drops its head when it is full, which is the highest', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client, { 'x-max-priority': 5, 'x-max-length': 2 });
    for (const priority of [5, 1, 3]) sendWithPriority(client, queue, `${priority}`, priority);
    expect(await bodies(client, queue)).toEqual(['3', '1']);
  });

  it('minds no priorities without x-max-priority', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    for (const priority of [1, 3, 2]) sendWithPriority(client, queue, `${priority}`, priority);
    expect(await bodies(client, queue)).toEqual(['1', '3', '2']);
  });
});
