import { describe, expect, it } from 'vitest';
import type { QueuedMessage } from './queue.js';
import { bodiesOf, consumerUnderTest, messageOf, queueUnderTest } from './queue-fixtures.js';

function taken(entry: QueuedMessage | undefined): QueuedMessage {
  if (entry === undefined) {
    throw new Error('the queue was empty');
  }
  return entry;
}

describe('a queue', () => {
  it('gives messages back in the order they came in, and none twice', () => {
    const { queue } = queueUnderTest();
    for (const body of ['a', 'b', 'c']) {
      expect(queue.publish(messageOf(body))).toBe(true);
    }
    expect(bodiesOf([taken(queue.get()), taken(queue.get())])).toEqual(['a', 'b']);
    expect(queue.readyCount).toBe(1);
    expect(queue.readyBytes).toBe(1);
    expect(queue.unacknowledgedCount).toBe(2);
    expect(bodiesOf([taken(queue.get())])).toEqual(['c']);
    expect(queue.get()).toBeUndefined();
  });

  it('puts messages back where they were, however they come back', () => {
    const { queue } = queueUnderTest();
    for (const body of ['a', 'b', 'c', 'd', 'e']) {
      queue.publish(messageOf(body));
    }
    const [a, b, c, d] = [taken(queue.get()), taken(queue.get()), taken(queue.get()), taken(queue.get())];
    queue.requeue([c]);
    queue.requeue([d, a]);
    queue.requeue([b]);
    expect(bodiesOf(queue.ready())).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(queue.ready().map(({ redelivered }) => redelivered)).toEqual([true, true, true, true, false]);
  });

  it('counts how often a message came back', () => {
    const { queue } = queueUnderTest();
    queue.publish(messageOf('a'));
    queue.requeue([taken(queue.get())]);
    queue.requeue([taken(queue.get())]);
    const entry = taken(queue.get());
    expect(entry.deliveryCount).toBe(2);
    expect(entry.redelivered).toBe(true);
  });

  it('ignores a second settling, and one of an entry that was put back and delivered to another', () => {
    const { queue, memory } = queueUnderTest({ deadLetterExchange: 'dlx' });
    queue.publish(messageOf('a'));
    const stale = taken(queue.get());
    queue.requeue([stale]);
    const current = taken(queue.get());
    queue.ack(stale);
    queue.reject(stale);
    queue.requeue([stale]);
    expect(queue.unacknowledgedCount).toBe(1);
    queue.ack(current);
    queue.ack(current);
    expect(queue.unacknowledgedCount).toBe(0);
    expect(memory.bytes).toBe(0);
  });

  it('accounts for what it holds, unacknowledged messages included, until they leave', () => {
    const { queue, memory } = queueUnderTest();
    const message = messageOf('12345');
    queue.publish(message);
    queue.publish(message);
    queue.publish(message);
    expect(memory.bytes).toBe(3 * message.size);
    queue.ack(taken(queue.get()));
    queue.get();
    expect(memory.bytes).toBe(2 * message.size);
    expect(queue.purge()).toBe(1);
    expect(memory.bytes).toBe(message.size);
    queue.delete();
    expect(memory.bytes).toBe(0);
  });

  it('gives higher priorities first, the oldest first within one, and caps them at its maximum', () => {
    const { queue } = queueUnderTest({ maxPriority: 5 });
    queue.publish(messageOf('none'));
    queue.publish(messageOf('nine', { priority: 9 }));
    queue.publish(messageOf('five', { priority: 5 }));
    queue.publish(messageOf('two', { priority: 2 }));
    queue.publish(messageOf('zero', { priority: 0 }));
    expect(bodiesOf(queue.ready())).toEqual(['nine', 'five', 'two', 'none', 'zero']);
    const nine = taken(queue.get());
    queue.requeue([nine]);
    expect(bodiesOf([taken(queue.get()), taken(queue.get()), taken(queue.get())])).toEqual(['nine', 'five', 'two']);
  });

  it('drops everything and cancels its consumers when it is deleted, and takes nothing in afterwards', () => {
    const { queue, events } = queueUnderTest({ expiresMs: 1000 });
    const consumer = consumerUnderTest('c', { room: 1 });
    queue.addConsumer(consumer);
    queue.publish(messageOf('held'));
    queue.publish(messageOf('ready'));
    expect(queue.delete()).toBe(1);
    expect(consumer.wasCancelled).toBe(true);
    expect(queue.consumerCount).toBe(0);
    queue.requeue(consumer.entries);
    queue.reject(taken(consumer.entries[0]));
    queue.removeConsumer(consumer);
    queue.publish(messageOf('late'));
    expect(queue.delete()).toBe(0);
    expect([queue.readyCount, queue.unacknowledgedCount]).toEqual([0, 0]);
    expect(events).toEqual([]);
  });

  it('keeps only what is persistent over a restart, in order, and forgets its consumers', () => {
    const { queue, memory } = queueUnderTest();
    const consumer = consumerUnderTest('c', { room: 3 });
    queue.addConsumer(consumer);
    const persistent = { deliveryMode: 2 };
    queue.publish(messageOf('a', persistent));
    queue.publish(messageOf('b', { deliveryMode: 1 }));
    queue.publish(messageOf('c', persistent));
    queue.publish(messageOf('d'));
    queue.publish(messageOf('e', persistent));
    queue.restart();
    expect(bodiesOf(queue.ready())).toEqual(['a', 'c', 'e']);
    expect(queue.ready().map(({ redelivered }) => redelivered)).toEqual([true, true, false]);
    expect(queue.unacknowledgedCount).toBe(0);
    expect(queue.consumerCount).toBe(0);
    expect(consumer.wasCancelled).toBe(false);
    expect(memory.bytes).toBe(3 * messageOf('a', persistent).size);
    queue.ack(taken(consumer.entries[0]));
    expect(queue.readyCount).toBe(3);
  });
});

describe('dead letters of a queue', () => {
  it('are what was rejected', () => {
    const { queue, deadLetters } = queueUnderTest({ deadLetterExchange: 'dlx', deadLetterRoutingKey: 'dead' });
    queue.publish(messageOf('a'));
    queue.reject(taken(queue.get()));
    expect(deadLetters).toHaveLength(1);
    expect(deadLetters[0]).toMatchObject({ exchange: 'dlx', routingKey: 'dead' });
  });

  it('are dropped without a dead letter exchange', () => {
    const { queue, deadLetters, memory } = queueUnderTest();
    queue.publish(messageOf('a'));
    queue.reject(taken(queue.get()));
    expect(deadLetters).toEqual([]);
    expect(memory.bytes).toBe(0);
  });

  it('are what came back more often than x-delivery-limit, in a quorum queue', () => {
    const { queue, deadLetters } = queueUnderTest({ type: 'quorum', deliveryLimit: 2, deadLetterExchange: 'dlx' });
    queue.publish(messageOf('a'));
    const counts: unknown[] = [];
    for (let entry = queue.get(); entry !== undefined; entry = queue.get()) {
      counts.push(entry.message.properties.headers?.get('x-delivery-count'));
      queue.requeue([entry]);
    }
    expect(counts).toEqual([
      { type: 'l', value: 0n },
      { type: 'l', value: 1n },
      { type: 'l', value: 2n },
    ]);
    const headers = deadLetters[0]?.properties.headers;
    expect(headers?.get('x-first-death-reason')).toEqual({ type: 'S', value: 'delivery_limit' });
    expect(headers?.has('x-delivery-count')).toBe(false);
  });
});

describe('a full queue', () => {
  it('drops the oldest, with the reason maxlen', () => {
    const { queue, deadLetters } = queueUnderTest({ maxLength: 2, deadLetterExchange: 'dlx' });
    for (const body of ['a', 'b', 'c']) {
      expect(queue.publish(messageOf(body))).toBe(true);
    }
    expect(bodiesOf(queue.ready())).toEqual(['b', 'c']);
    expect(deadLetters.map(({ body }) => body.toString())).toEqual(['a']);
    expect(deadLetters[0]?.properties.headers?.get('x-first-death-reason')).toEqual({ type: 'S', value: 'maxlen' });
  });

  it('counts bodies for x-max-length-bytes', () => {
    const { queue } = queueUnderTest({ maxLengthBytes: 4 });
    for (const body of ['aa', 'bb', 'c']) {
      queue.publish(messageOf(body, { contentType: 'text/plain' }));
    }
    expect(bodiesOf(queue.ready())).toEqual(['bb', 'c']);
  });

  it('drops the oldest too when messages come back', () => {
    const { queue } = queueUnderTest({ maxLength: 2 });
    queue.publish(messageOf('a'));
    queue.publish(messageOf('b'));
    const held = [taken(queue.get()), taken(queue.get())];
    queue.publish(messageOf('c'));
    queue.publish(messageOf('d'));
    queue.requeue(held);
    expect(bodiesOf(queue.ready())).toEqual(['c', 'd']);
  });

  it('refuses with reject-publish, even while a consumer waits if there is no room for anything', () => {
    const { queue } = queueUnderTest({ maxLength: 0, overflow: 'reject-publish' });
    const consumer = consumerUnderTest('c');
    queue.addConsumer(consumer);
    expect(queue.publish(messageOf('a'))).toBe(false);
    expect(consumer.bodies).toEqual([]);
  });

  it('delivers past a maximum length of 0 with drop-head', () => {
    const { queue } = queueUnderTest({ maxLength: 0 });
    const consumer = consumerUnderTest('c');
    queue.addConsumer(consumer);
    queue.publish(messageOf('a'));
    expect(consumer.bodies).toEqual(['a']);
  });

  it('refuses and dead-letters what it refuses with reject-publish-dlx', () => {
    const { queue, deadLetters } = queueUnderTest({
      maxLength: 1,
      overflow: 'reject-publish-dlx',
      deadLetterExchange: 'dlx',
    });
    expect(queue.publish(messageOf('a'))).toBe(true);
    expect(queue.publish(messageOf('b'))).toBe(false);
    expect(bodiesOf(queue.ready())).toEqual(['a']);
    expect(deadLetters.map(({ body }) => body.toString())).toEqual(['b']);
  });

  it('refuses what is beyond the limits of the broker, unacknowledged messages counted', () => {
    const few = queueUnderTest({}, { queueMessages: 2 }).queue;
    few.publish(messageOf('a'));
    few.get();
    few.publish(messageOf('b'));
    expect(few.publish(messageOf('c'))).toBe(false);
    const small = queueUnderTest({}, { queueBytes: messageOf('12345').size }).queue;
    expect(small.publish(messageOf('12345'))).toBe(true);
    expect(small.publish(messageOf('1'))).toBe(false);
  });
});
