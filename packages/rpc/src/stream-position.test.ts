import type { Delivery } from '@leveret/transport';
import { describe, expect, it } from 'vitest';
import { StreamPosition } from './stream-position.js';

function delivery(offset: unknown, settles = true): Delivery {
  const headers = { 'x-stream-offset': offset };
  return { headers, ack: () => settles, reject: () => settles } as unknown as Delivery;
}

describe('the position in a fanout stream', () => {
  it('is the last one at first, and the next after what was settled', () => {
    const position = new StreamPosition();
    expect(position.arguments(undefined)).toEqual({ 'x-stream-offset': 'last' });
    for (const offset of [7, 8]) position.watch(delivery(offset)).ack();
    expect(position.arguments(undefined)).toEqual({ 'x-stream-offset': 9 });
    expect(position.arguments(undefined)).toEqual({ 'x-stream-offset': 9 });
  });

  it('is the first message that was not settled, in whatever order the others were', () => {
    const position = new StreamPosition();
    const [first, second, third] = [3, 4, 5].map((offset) => position.watch(delivery(offset)));
    third?.ack();
    first?.reject({ requeue: false });
    expect(position.arguments(undefined)).toEqual({ 'x-stream-offset': 4 });
    // Its connection is gone: it comes again.
    second?.ack();
    expect(position.arguments(undefined)).toEqual({ 'x-stream-offset': 4 });
  });

  it('does not pass what could not be settled', () => {
    const position = new StreamPosition();
    expect(position.watch(delivery(3, false)).ack()).toBe(false);
    expect(position.arguments(undefined)).toEqual({ 'x-stream-offset': 3 });
  });

  it('begins anew where the broker ended it: the stream may be another', () => {
    const position = new StreamPosition();
    position.watch(delivery(7)).ack();
    expect(position.arguments(new Error('deleted'))).toEqual({ 'x-stream-offset': 'last' });
    expect(position.arguments(undefined)).toEqual({ 'x-stream-offset': 'last' });
  });

  it('leaves a message without an offset alone', () => {
    const position = new StreamPosition();
    const plain = delivery(undefined);
    expect(position.watch(plain)).toBe(plain);
    expect(position.arguments(undefined)).toEqual({ 'x-stream-offset': 'last' });
  });
});
