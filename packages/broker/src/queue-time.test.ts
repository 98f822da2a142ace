import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bodiesOf, consumerUnderTest, messageOf, queueUnderTest } from './queue-fixtures.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('time to live', () => {
  it('drops a message when it is over, with the reason expired', () => {
    const { queue, deadLetters, memory } = queueUnderTest({ messageTtlMs: 100, deadLetterExchange: 'dlx' });
    queue.publish(messageOf('a'));
    vi.advanceTimersByTime(99);
    expect(queue.readyCount).toBe(1);
    vi.advanceTimersByTime(1);
    expect(queue.readyCount).toBe(0);
    expect(memory.bytes).toBe(0);
    expect(deadLetters[0]?.properties.headers?.get('x-first-death-reason')).toEqual({ type: 'S', value: 'expired' });
  });

  it('is the smaller of the queue’s and the message’s', () => {
    const { queue } = queueUnderTest({ messageTtlMs: 100 });
    queue.publish(messageOf('own', { expiration: '50' }));
    queue.publish(messageOf('queue', { expiration: '5000' }));
    vi.advanceTimersByTime(50);
    expect(bodiesOf(queue.ready())).toEqual(['queue']);
    vi.advanceTimersByTime(50);
    expect(queue.readyCount).toBe(0);
  });

  it('is looked at only at the head of the queue', () => {
    const { queue } = queueUnderTest();
    queue.publish(messageOf('stays'));
    queue.publish(messageOf('over', { expiration: '10' }));
    vi.advanceTimersByTime(1000);
    expect(queue.readyCount).toBe(2);
    queue.get();
    expect(queue.readyCount).toBe(0);
  });

  it('of 0 lets a message through to a waiting consumer only', () => {
    const { queue } = queueUnderTest();
    const consumer = consumerUnderTest('1', { room: 1 });
    queue.addConsumer(consumer);
    queue.publish(messageOf('a', { expiration: '0' }));
    queue.publish(messageOf('b', { expiration: '0' }));
    expect(consumer.bodies).toEqual(['a']);
    expect(queue.readyCount).toBe(0);
  });

  it('does not run out while a message is unacknowledged, but counts when it comes back', () => {
    const { queue } = queueUnderTest({ messageTtlMs: 100 });
    const consumer = consumerUnderTest('1', { room: 2 });
    queue.addConsumer(consumer);
    queue.publish(messageOf('a'));
    vi.advanceTimersByTime(1000);
    expect(queue.unacknowledgedCount).toBe(1);
    queue.requeue(consumer.entries);
    expect([queue.readyCount, queue.unacknowledgedCount]).toEqual([0, 0]);
    expect(consumer.bodies).toEqual(['a']);
  });

  it('costs one timer, whatever is in the queue, and none after the queue is gone', () => {
    const { queue } = queueUnderTest();
    for (let index = 0; index < 100; index += 1) {
      queue.publish(messageOf('a', { expiration: String(1000 - index) }));
    }
    expect(vi.getTimerCount()).toBe(1);
    queue.delete();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may be longer than a timer of Node can be', () => {
    const { queue } = queueUnderTest({ messageTtlMs: 2 ** 31 + 1000 });
    queue.publish(messageOf('a'));
    vi.advanceTimersByTime(2 ** 31 + 999);
    expect(queue.readyCount).toBe(1);
    vi.advanceTimersByTime(1);
    expect(queue.readyCount).toBe(0);
  });

  it('runs on for a message that becomes the head when another is dropped', () => {
    const { queue } = queueUnderTest({ maxLength: 1 });
    queue.publish(messageOf('a'));
    queue.publish(messageOf('b', { expiration: '10' }));
    expect(bodiesOf(queue.ready())).toEqual(['b']);
    vi.advanceTimersByTime(10);
    expect(queue.readyCount).toBe(0);
  });

  it('survives a restart', () => {
    const { queue } = queueUnderTest();
    queue.publish(messageOf('a', { expiration: '100', deliveryMode: 2 }));
    queue.suspend();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(50);
    queue.restart();
    expect(queue.readyCount).toBe(1);
    vi.advanceTimersByTime(50);
    expect(queue.readyCount).toBe(0);
  });
});

describe('x-expires', () => {
  it('is over when nobody used the queue for so long', () => {
    const { queue, events } = queueUnderTest({ expiresMs: 1000 });
    vi.advanceTimersByTime(600);
    queue.get();
    vi.advanceTimersByTime(600);
    queue.used();
    vi.advanceTimersByTime(999);
    expect(events).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(events).toEqual(['expired']);
  });

  it('is not over while there are consumers, and starts when the last one goes', () => {
    const { queue, events } = queueUnderTest({ expiresMs: 1000 });
    const consumer = consumerUnderTest('1');
    queue.addConsumer(consumer);
    queue.used();
    vi.advanceTimersByTime(5000);
    queue.removeConsumer(consumer);
    vi.advanceTimersByTime(999);
    expect(events).toEqual(['last consumer gone']);
    vi.advanceTimersByTime(1);
    expect(events).toEqual(['last consumer gone', 'expired']);
  });

  it('is not prolonged by publishing', () => {
    const { queue, events } = queueUnderTest({ expiresMs: 1000 });
    vi.advanceTimersByTime(900);
    queue.publish(messageOf('a'));
    vi.advanceTimersByTime(100);
    expect(events).toEqual(['expired']);
  });
});
