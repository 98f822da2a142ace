import { expect, it } from 'vitest';
import type { Fields } from '../amqplib-codec.js';
import { type BrokerUnderTest, onEachBroker } from '../brokers.js';
import type { WireClient } from '../wire-client.js';
import { deadLetters, death, firstDeath } from './deaths.js';
import { connectionClosed, fill, heard, openChannels, send } from './messaging.js';
import { nextTypedHeaders } from './typed-headers.js';

async function declareQuorumQueue(broker: BrokerUnderTest, client: WireClient, args: Fields = {}): Promise<string> {
  const queue = broker.uniqueName('quorum');
  await client.ask(1, 'queue.declare', { queue, durable: true, arguments: { 'x-queue-type': 'quorum', ...args } });
  return queue;
}

onEachBroker('A quorum queue', (broker) => {
  it('says to who gets a message how often it was delivered before, from the first time on', async () => {
    using client = await openChannels(broker());
    const queue = await declareQuorumQueue(broker(), client);
    await fill(client, queue, 'x');
    for (const count of ['l 0', 'l 1']) {
      client.send(1, 'basic.get', { queue });
      expect(await nextTypedHeaders(client)).toEqual({ 'x-delivery-count': count });
      client.send(1, 'basic.nack', { deliveryTag: 0, multiple: true, requeue: true });
    }
    await client.ask(1, 'queue.delete', { queue });
  });

  it('says the same to consumers, but nothing the first time, and dead-letters what was put back too often', async () => {
    using client = await openChannels(broker(), 2);
    const { args } = await deadLetters(broker(), client);
    const queue = await declareQuorumQueue(broker(), client, { 'x-delivery-limit': 2, ...args });
    await client.ask(2, 'basic.consume', { queue, consumerTag: 'q' });
    send(client, queue, 'x');
    for (const count of [undefined, 1, 2]) {
      const { channel, fields, content } = await client.next();
      expect({ channel, redelivered: fields['redelivered'] }).toEqual({ channel: 2, redelivered: count !== undefined });
      expect((content?.properties['headers'] as Fields | undefined)?.['x-delivery-count']).toBe(count);
      client.send(2, 'basic.nack', { deliveryTag: fields['deliveryTag'], requeue: true });
    }
    expect(await nextTypedHeaders(client)).toEqual({
      'x-death': [death(queue, 'delivery_limit')],
      ...firstDeath(queue, 'delivery_limit'),
    });
    await client.ask(1, 'queue.delete', { queue });
  });

  it('keeps order, settles and confirms as others do', async () => {
    using client = await openChannels(broker());
    const queue = await declareQuorumQueue(broker(), client);
    await fill(client, queue, 'a', 'b', 'c');
    await client.ask(1, 'basic.qos', { prefetchCount: 2 });
    await client.ask(1, 'basic.consume', { queue, consumerTag: 'q' });
    expect(await heard(client, 2)).toEqual(['deliver q #1 a', 'deliver q #2 b']);
    client.send(1, 'basic.ack', { deliveryTag: 1 });
    expect(await heard(client, 1)).toEqual(['deliver q #3 c']);
    client.send(1, 'basic.nack', { deliveryTag: 2, requeue: true });
    expect(await heard(client, 1)).toEqual(['deliver q #4 b again']);
    await client.ask(1, 'queue.delete', { queue });
  });

  it('has no consumers with a prefetch of the channel: 540', async () => {
    using client = await openChannels(broker());
    const queue = await declareQuorumQueue(broker(), client);
    await client.ask(1, 'basic.qos', { prefetchCount: 2, global: true });
    const text = `NOT_IMPLEMENTED - queue '${queue}' in vhost '${broker().virtualHost}' does not support global qos`;
    const refusal = await client.refusal(1, 'basic.consume', { queue });
    expect(refusal).toEqual(connectionClosed('basic.consume', 540, text));
    using another = await openChannels(broker());
    await another.ask(1, 'queue.delete', { queue });
  });
});
