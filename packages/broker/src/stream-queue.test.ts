import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FieldValue } from './codec/field-table.js';
import { createQueue } from './create-queue.js';
import { AmqpFailure } from './failure.js';
import type { Queue, QueueLimits } from './queue.js';
import type { QueueDefinition } from './queue-definition.js';
import { consumerUnderTest, definitionOf, messageOf } from './queue-fixtures.js';

let memory = 0;

function stream(definition: Partial<QueueDefinition> = {}, limits?: QueueLimits): Queue {
  memory = 0;
  const surroundings = {
    deadLetter: () => undefined,
    expired: () => undefined,
    lastConsumerGone: () => undefined,
    account: (bytes: number) => {
      memory += bytes;
    },
  };
  return createQueue('s', '/', definitionOf({ type: 'stream', ...definition }), surroundings, limits);
}

function readFrom(queue: Queue, offset?: FieldValue): string[] {
  const consumer = consumerUnderTest('c');
  queue.addConsumer(consumer, offset);
  return consumer.bodies;
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a stream', () => {
  it('gives every consumer everything from where it began', () => {
    const queue = stream();
    const early = readFrom(queue);
    queue.publish(messageOf('a'));
    queue.publish(messageOf('b'));
    const late = readFrom(queue, { type: 'S', value: 'first' });
    queue.publish(messageOf('c'));
    expect([early, late]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
    expect(queue.readyCount).toBe(3);
    expect(queue.unacknowledgedCount).toBe(6);
  });

  it('begins where x-stream-offset says', () => {
    const queue = stream();
    queue.publish(messageOf('a'));
    vi.advanceTimersByTime(10_000);
    queue.publish(messageOf('b'));
    queue.publish(messageOf('c'));
    const from = (offset?: FieldValue) => readFrom(queue, offset).join('');
    expect(from()).toBe('');
    expect(from({ type: 'S', value: 'next' })).toBe('');
    expect(from({ type: 'S', value: 'first' })).toBe('abc');
    expect(from({ type: 'S', value: 'last' })).toBe('c');
    expect(from({ type: 'b', value: 1 })).toBe('bc');
    expect(from({ type: 'l', value: 100n })).toBe('');
    expect(from({ type: 'T', value: 1_799_999_000n })).toBe('abc');
    expect(from({ type: 'T', value: 1_800_000_005n })).toBe('bc');
    expect(from({ type: 'T', value: 1_900_000_000n })).toBe('');
    expect(() => from({ type: 'S', value: 'nonsense' })).toThrow(AmqpFailure);
  });

  it('tells the offset of a message in a header, never that it was redelivered', () => {
    const queue = stream();
    queue.publish(messageOf('a'));
    queue.publish(messageOf('b'));
    const consumer = consumerUnderTest('c');
    queue.addConsumer(consumer, { type: 'b', value: 1 });
    const [entry] = consumer.entries;
    expect(entry?.message.properties.headers).toEqual(new Map([['x-stream-offset', { type: 'l', value: 1n }]]));
    expect(entry?.redelivered).toBe(false);
  });

  it('waits for a consumer that is not ready, and holds up no other', () => {
    const queue = stream();
    const slow = consumerUnderTest('slow', { room: 1 });
    const fast = consumerUnderTest('fast');
    queue.addConsumer(slow);
    queue.addConsumer(fast);
    for (const body of ['a', 'b', 'c']) {
      queue.publish(messageOf(body));
    }
    expect([slow.bodies, fast.bodies]).toEqual([['a'], ['a', 'b', 'c']]);
    for (const entry of slow.entries) {
      queue.ack(entry);
    }
    slow.room = 1;
    queue.serve();
    expect(slow.bodies).toEqual(['a', 'b']);
  });

  it('drops its oldest messages past x-max-length-bytes and past the limits of the broker', () => {
    const queue = stream({ maxLengthBytes: 4 });
    for (const body of ['aa', 'bb', 'cc']) {
      expect(queue.publish(messageOf(body))).toBe(true);
    }
    expect(readFrom(queue, { type: 'b', value: 0 })).toEqual(['bb', 'cc']);
    expect(memory).toBe(2 * messageOf('aa').size);
    const short = stream({}, { queueMessages: 2 });
    for (let index = 0; index < 5000; index += 1) {
      short.publish(messageOf(String(index)));
    }
    expect(readFrom(short, { type: 'S', value: 'first' })).toEqual(['4998', '4999']);
  });

  it('lets a consumer miss what was dropped before it was read', () => {
    const queue = stream({ maxLengthBytes: 2 });
    const slow = consumerUnderTest('slow', { room: 0 });
    queue.addConsumer(slow);
    for (const body of ['a', 'b', 'c']) {
      queue.publish(messageOf(body));
    }
    slow.room = 5;
    queue.serve();
    expect(slow.bodies).toEqual(['b', 'c']);
  });

  it('keeps everything over a restart, and nothing when it is deleted', () => {
    const queue = stream();
    const consumer = consumerUnderTest('c');
    queue.addConsumer(consumer);
    queue.publish(messageOf('a'));
    queue.restart();
    expect([queue.readyCount, queue.consumerCount, queue.unacknowledgedCount]).toEqual([1, 0, 0]);
    const last = consumerUnderTest('last');
    queue.addConsumer(last);
    queue.delete();
    expect(last.wasCancelled).toBe(true);
    expect(memory).toBe(0);
    queue.requeue(consumer.entries);
    expect(queue.publish(messageOf('late'))).toBe(true);
    expect(queue.readyCount).toBe(0);
  });

  it('refuses what RabbitMQ’s streams refuse, in its words', () => {
    const queue = stream();
    const refusal = (run: () => void): unknown => {
      try {
        run();
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(refusal(() => queue.get())).toMatchObject({
      code: 540,
      scope: 'connection',
      text: "NOT_IMPLEMENTED - basic.get not supported by stream queues queue 's' in vhost '/'",
    });
    expect(refusal(() => queue.addConsumer(consumerUnderTest('c', { noAck: true })))).toMatchObject({
      text: "NOT_IMPLEMENTED - automatic acknowledgement not supported by stream queues queue 's' in vhost '/'",
    });
    const consumer = consumerUnderTest('c');
    queue.addConsumer(consumer);
    queue.publish(messageOf('a'));
    expect(refusal(() => consumer.entries.forEach((entry) => void queue.reject(entry)))).toMatchObject({
      text: "NOT_IMPLEMENTED - basic.nack and basic.reject not supported by stream queues queue 's' in vhost '/'",
    });
  });
});
