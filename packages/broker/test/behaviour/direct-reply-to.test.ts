import { expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import { channelClosed, declareQueue, heard, openChannels } from './messaging.js';

const pseudoQueue = 'amq.rabbitmq.reply-to';

onEachBroker('Direct reply-to', (broker) => {
  it('takes an answer straight to the channel that asked', async () => {
    using asking = await openChannels(broker());
    using answering = await openChannels(broker());
    const queue = broker().uniqueName('questions');
    await answering.ask(1, 'queue.declare', { queue, exclusive: true });
    await answering.ask(1, 'basic.consume', { queue, consumerTag: 'q', noAck: true });
    await asking.ask(1, 'basic.consume', { queue: pseudoQueue, consumerTag: 'a', noAck: true });
    const properties = { replyTo: pseudoQueue, correlationId: '1' };
    asking.publish(1, { exchange: '', routingKey: queue }, 'question', properties);
    const { content } = await answering.next();
    const address = content?.properties['replyTo'] as string;
    expect(address).toMatch(/^amq\.rabbitmq\.reply-to\.\S+$/);
    expect(content?.properties['correlationId']).toBe('1');
    const declared = await answering.ask(1, 'queue.declare', { queue: address, passive: true });
    expect(declared).toEqual({ queue: address, messageCount: 0, consumerCount: 1 });
    answering.publish(1, { exchange: '', routingKey: address }, 'answer', { correlationId: '1' });
    const answer = await asking.next();
    expect(answer.fields).toEqual({
      consumerTag: 'a',
      deliveryTag: 1,
      redelivered: false,
      exchange: '',
      routingKey: address,
    });
    expect(answer.content?.body.toString()).toBe('answer');
    expect(answer.content?.properties['correlationId']).toBe('1');
  });

  it('returns answers to an address that is not there', async () => {
    using client = await openChannels(broker());
    const fields = { exchange: '', routingKey: `${pseudoQueue}.nobody`, mandatory: true };
    client.publish(1, fields, 'lost');
    expect(await heard(client, 1)).toEqual(['return 312 NO_ROUTE lost']);
  });

  it('leaves other addresses as they are', async () => {
    using client = await openChannels(broker());
    await client.ask(1, 'basic.consume', { queue: pseudoQueue, noAck: true });
    const queue = await declareQueue(client);
    client.publish(1, { exchange: '', routingKey: queue }, 'x', { replyTo: 'mine' });
    const { content } = await client.call(1, 'basic.get', { queue, noAck: true });
    expect(content?.properties['replyTo']).toBe('mine');
  });

  it('is for consumers that acknowledge nothing: 406', async () => {
    using client = await openChannels(broker());
    const text = 'PRECONDITION_FAILED - reply consumer cannot acknowledge';
    const refusal = await client.refusal(1, 'basic.consume', { queue: pseudoQueue });
    expect(refusal).toEqual(channelClosed('basic.consume', 406, text));
  });

  it('is for one consumer of a channel: 406', async () => {
    using client = await openChannels(broker());
    await client.ask(1, 'basic.consume', { queue: pseudoQueue, noAck: true });
    const text = 'PRECONDITION_FAILED - reply consumer already set';
    const refusal = await client.refusal(1, 'basic.consume', { queue: pseudoQueue, noAck: true });
    expect(refusal).toEqual(channelClosed('basic.consume', 406, text));
  });

  it('can be given up and taken again', async () => {
    using client = await openChannels(broker());
    for (let times = 0; times < 2; times += 1) {
      await client.ask(1, 'basic.consume', { queue: pseudoQueue, noAck: true, consumerTag: 'a' });
      await client.ask(1, 'basic.cancel', { consumerTag: 'a' });
    }
  });

  it('is not for questions without a consumer for the answers on their channel: 406', async () => {
    using client = await openChannels(broker(), 2);
    await client.ask(2, 'basic.consume', { queue: pseudoQueue, noAck: true });
    client.publish(1, { exchange: '', routingKey: 'x' }, 'x', { replyTo: pseudoQueue });
    const text = 'PRECONDITION_FAILED - fast reply consumer does not exist';
    expect(await client.refused()).toEqual(channelClosed('basic.publish', 406, text));
  });
});
