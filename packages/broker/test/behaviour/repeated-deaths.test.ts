import { describe, expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import { deadLetters, death, firstDeath, reject } from './deaths.js';
import { bodies, declareQueue, fill, heard, openChannels, ready } from './messaging.js';
import { nextTypedHeaders } from './typed-headers.js';

onEachBroker('Dead letters that die again', (broker) => {
  it('have the newest death first', async () => {
    using client = await openChannels(broker());
    const { exchange, args } = await deadLetters(broker(), client);
    const second = await declareQueue(client, { ...args, 'x-max-length': 0 });
    const first = await declareQueue(client, {
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': second,
    });
    await fill(client, first, 'x');
    await reject(client, first);
    const { fields } = await client.next();
    expect(fields).toMatchObject({ exchange, routingKey: second });
    await fill(client, first, 'x');
    await reject(client, first);
    expect(await nextTypedHeaders(client)).toEqual({
      'x-death': [death(second, 'maxlen'), death(first, 'rejected')],
      ...firstDeath(first, 'rejected'),
    });
  });

  it('count deaths of the same kind in the same queue, for as long as someone rejects', async () => {
    using client = await openChannels(broker());
    const retry = broker().uniqueName('retry');
    const work = await declareQueue(client, { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': retry });
    await client.ask(1, 'queue.declare', {
      queue: retry,
      exclusive: true,
      arguments: { 'x-message-ttl': 1, 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': work },
    });
    await client.ask(1, 'basic.consume', { queue: work, consumerTag: 'w' });
    client.publish(1, { exchange: '', routingKey: work }, 'x');
    for (let deliveryTag = 1; deliveryTag <= 3; deliveryTag += 1) {
      expect(await heard(client, 1)).toEqual([`deliver w #${deliveryTag} x`]);
      client.send(1, 'basic.reject', { deliveryTag, requeue: false });
    }
    expect(await nextTypedHeaders(client)).toEqual({
      'x-death': [death(retry, 'expired', { count: 'l 3' }), death(work, 'rejected', { count: 'l 3' })],
      ...firstDeath(work, 'rejected'),
    });
  });

  it('may go back to the queue that they were rejected from', async () => {
    using client = await openChannels(broker());
    const queue = broker().uniqueName('self');
    await client.ask(1, 'queue.declare', {
      queue,
      exclusive: true,
      arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': queue },
    });
    await fill(client, queue, 'x');
    await reject(client, queue);
    await client.ask(1, 'basic.consume', { queue });
    expect(await nextTypedHeaders(client)).toEqual({
      'x-death': [death(queue, 'rejected')],
      ...firstDeath(queue, 'rejected'),
    });
  });

  it('are dropped in a circle in which nobody rejects', async () => {
    using client = await openChannels(broker());
    const { args } = await deadLetters(broker(), client);
    const [first, second] = [broker().uniqueName('first'), broker().uniqueName('second')];
    for (const [queue, next] of [
      [first, second],
      [second, first],
    ]) {
      await client.ask(1, 'queue.declare', {
        queue,
        exclusive: true,
        arguments: { 'x-max-length': 0, 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': next },
      });
    }
    client.publish(1, { exchange: '', routingKey: first }, 'round and round');
    const marker = await declareQueue(client, { ...args, 'x-max-length': 0 });
    client.publish(1, { exchange: '', routingKey: marker }, 'marker');
    expect(await heard(client, 1)).toEqual(['deliver dead #1 marker']);
    expect([await ready(client, first), await ready(client, second)]).toEqual([0, 0]);
  });

  it('are dropped when their queue would send them to itself, but not rejected', async () => {
    using client = await openChannels(broker());
    const queue = broker().uniqueName('self');
    await client.ask(1, 'queue.declare', {
      queue,
      exclusive: true,
      arguments: { 'x-max-length': 1, 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': queue },
    });
    await fill(client, queue, 'a', 'b');
    expect(await bodies(client, queue)).toEqual(['b']);
  });

  describe('with headers of their publisher', () => {
    it('put their death before what x-death says, and set no first death', async () => {
      using client = await openChannels(broker());
      const { args } = await deadLetters(broker(), client);
      const queue = await declareQueue(client, args);
      for (const [forged, deaths] of [
        ['not an array', [death(queue, 'rejected')]],
        [[{ of: 'another' }], [death(queue, 'rejected'), { of: 'S another' }]],
      ]) {
        client.publish(1, { exchange: '', routingKey: queue }, 'x', { headers: { 'x-death': forged } });
        await reject(client, queue);
        expect(await nextTypedHeaders(client)).toEqual({ 'x-death': deaths });
      }
    });

    it('have their own first death, whatever the publisher said', async () => {
      using client = await openChannels(broker());
      const { args } = await deadLetters(broker(), client);
      const queue = await declareQueue(client, args);
      const headers = { 'x-first-death-queue': 'forged', 'x-first-death-reason': 'forged' };
      client.publish(1, { exchange: '', routingKey: queue }, 'x', { headers });
      await reject(client, queue);
      expect(await nextTypedHeaders(client)).toEqual({
        'x-death': [death(queue, 'rejected')],
        ...firstDeath(queue, 'rejected'),
      });
    });
  });
});
