import { describe, expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import { deadLetters, death, firstDeath, reject } from './deaths.js';
import {
  bodies,
  boundQueue,
  declareExchange,
  declareQueue,
  fill,
  get,
  heard,
  heardMeanwhile,
  openChannels,
  ready,
} from './messaging.js';
import { nextTypedHeaders } from './typed-headers.js';

onEachBroker('Dead letters', (broker) => {
  it('go to the exchange of the queue with their old routing key, and say in x-death what happened', async () => {
    using client = await openChannels(broker());
    const { exchange, args } = await deadLetters(broker(), client);
    const queue = await declareQueue(client, args);
    const properties = { headers: { own: 'kept' }, contentType: 'text/plain', messageId: 'm', deliveryMode: 2 };
    const before = Math.floor(Date.now() / 1_000);
    client.publish(1, { exchange: '', routingKey: queue }, 'x', properties);
    await reject(client, queue);
    const { fields, content } = await client.next();
    expect(fields).toMatchObject({ exchange, routingKey: queue, redelivered: false });
    expect(content?.properties).toMatchObject({ contentType: 'text/plain', messageId: 'm', deliveryMode: 2 });
    const headers = content?.properties['headers'] as { 'x-death': [{ time: { value: number } }] };
    const { value: time } = headers['x-death'][0].time;
    expect(time).toBeGreaterThanOrEqual(before - 1);
    expect(time).toBeLessThanOrEqual(before + 10);
  });

  it('have the headers in their types', async () => {
    using client = await openChannels(broker());
    const { args } = await deadLetters(broker(), client);
    const queue = await declareQueue(client, args);
    client.publish(1, { exchange: '', routingKey: queue }, 'x', { headers: { own: 'kept' } });
    await reject(client, queue);
    expect(await nextTypedHeaders(client)).toEqual({
      own: 'S kept',
      'x-death': [death(queue, 'rejected')],
      ...firstDeath(queue, 'rejected'),
    });
  });

  it('name the exchange that they were published to', async () => {
    using client = await openChannels(broker());
    const { args } = await deadLetters(broker(), client);
    const queue = await declareQueue(client, args);
    const exchange = await declareExchange(client, 'direct');
    await client.ask(1, 'queue.bind', { queue, exchange, routingKey: 'key' });
    client.publish(1, { exchange, routingKey: 'key' }, 'x');
    await reject(client, queue);
    expect(await nextTypedHeaders(client)).toEqual({
      'x-death': [death(queue, 'rejected', { exchange: `S ${exchange}`, 'routing-keys': ['S key'] })],
      ...firstDeath(queue, 'rejected'),
      'x-first-death-exchange': `S ${exchange}`,
    });
  });

  it('go in the order in which they were rejected together', async () => {
    using client = await openChannels(broker());
    const { args } = await deadLetters(broker(), client);
    const queue = await declareQueue(client, args);
    await fill(client, queue, 'a', 'b', 'c');
    for (let gets = 0; gets < 3; gets += 1) await get(client, queue, { noAck: false });
    client.send(1, 'basic.nack', { deliveryTag: 3, multiple: true, requeue: false });
    const deliveries = await heard(client, 3);
    expect(deliveries.map((words) => words.split(' ').at(-1))).toEqual(['a', 'b', 'c']);
  });

  it('lose their expiration, which x-death keeps', async () => {
    using client = await openChannels(broker());
    const { args } = await deadLetters(broker(), client);
    const queue = await declareQueue(client, args);
    const publish = () => client.publish(1, { exchange: '', routingKey: queue }, 'x', { expiration: '60000' });
    publish();
    await reject(client, queue);
    const { content } = await client.next();
    expect(content?.properties['expiration']).toBeUndefined();
    publish();
    await reject(client, queue);
    expect(await nextTypedHeaders(client)).toEqual({
      'x-death': [death(queue, 'rejected', { 'original-expiration': 'S 60000' })],
      ...firstDeath(queue, 'rejected'),
    });
  });

  describe('that had CC and BCC', () => {
    it('keep CC, go to its keys and those of BCC, and name all keys but those of BCC', async () => {
      using client = await openChannels(broker());
      const { exchange, args } = await deadLetters(broker(), client);
      const queue = await declareQueue(client, args);
      const cc = await boundQueue(client, exchange, 'cc');
      const bcc = await boundQueue(client, exchange, 'bcc');
      const headers = { CC: ['cc'], BCC: ['bcc'] };
      client.publish(1, { exchange: '', routingKey: queue }, 'x', { headers });
      await reject(client, queue);
      expect(await nextTypedHeaders(client)).toEqual({
        CC: ['S cc'],
        'x-death': [death(queue, 'rejected', { 'routing-keys': [`S ${queue}`, 'S cc'] })],
        ...firstDeath(queue, 'rejected'),
      });
      expect([await bodies(client, cc), await bodies(client, bcc)]).toEqual([['x'], ['x']]);
    });

    it('lose CC where the queue gives a routing key', async () => {
      using client = await openChannels(broker());
      const { exchange, args } = await deadLetters(broker(), client);
      const queue = await declareQueue(client, { ...args, 'x-dead-letter-routing-key': 'dead' });
      const cc = await boundQueue(client, exchange, 'cc');
      const [byKey, byOldKey] = [await boundQueue(client, exchange, 'dead'), await boundQueue(client, exchange, queue)];
      client.publish(1, { exchange: '', routingKey: queue }, 'x', { headers: { CC: ['cc'] } });
      await reject(client, queue);
      expect(await nextTypedHeaders(client)).toEqual({
        'x-death': [death(queue, 'rejected', { 'routing-keys': [`S ${queue}`, 'S cc'] })],
        ...firstDeath(queue, 'rejected'),
      });
      const { fields } = await client.call(1, 'basic.get', { queue: byKey, noAck: true });
      expect(fields).toMatchObject({ exchange, routingKey: 'dead' });
      expect([await bodies(client, cc), await bodies(client, byOldKey)]).toEqual([[], []]);
    });
  });

  it('are lost when their exchange is not there, or routes them nowhere, and never returned', async () => {
    using client = await openChannels(broker());
    for (const exchange of ['missing', 'amq.direct']) {
      const queue = await declareQueue(client, { 'x-dead-letter-exchange': exchange });
      client.publish(1, { exchange: '', routingKey: queue, mandatory: true }, 'x');
      await reject(client, queue);
      expect(await heardMeanwhile(client, queue)).toEqual([]);
      expect(await ready(client, queue)).toBe(0);
    }
  });

  it('go to the alternate exchange of their exchange when that routes them nowhere', async () => {
    using client = await openChannels(broker());
    const { exchange: alternate } = await deadLetters(broker(), client);
    const exchange = broker().uniqueName('dlx');
    const args = { 'alternate-exchange': alternate };
    await client.ask(1, 'exchange.declare', { exchange, type: 'direct', arguments: args });
    const queue = await declareQueue(client, { 'x-dead-letter-exchange': exchange });
    await fill(client, queue, 'x');
    await reject(client, queue);
    const { fields } = await client.next();
    expect(fields).toMatchObject({ consumerTag: 'dead', exchange, routingKey: queue });
    await client.ask(1, 'exchange.delete', { exchange });
  });

  it('are not what a queue has when it is purged or deleted', async () => {
    using client = await openChannels(broker());
    const { args } = await deadLetters(broker(), client);
    const queue = await declareQueue(client, args);
    await fill(client, queue, 'a');
    await client.ask(1, 'queue.purge', { queue });
    await fill(client, queue, 'b');
    await client.ask(1, 'queue.delete', { queue });
    const marker = await declareQueue(client, { ...args, 'x-max-length': 0 });
    client.publish(1, { exchange: '', routingKey: marker }, 'marker');
    expect(await heard(client, 1)).toEqual(['deliver dead #1 marker']);
  });
});
