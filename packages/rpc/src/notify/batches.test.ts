import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Batches } from './batches.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp(size: number) {
  const batches: (readonly number[])[] = [];
  return { batches, collecting: new Batches<number>(size, 1_000, (items) => void batches.push(items)) };
}

it('205 items are batches of 100, 100 and, after the time, 5', () => {
  const { batches, collecting } = setUp(100);
  for (let n = 0; n < 205; n += 1) collecting.add(n);
  expect(batches.map(({ length }) => length)).toEqual([100, 100]);
  vi.advanceTimersByTime(999);
  expect(batches).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(batches[2]).toEqual([200, 201, 202, 203, 204]);
  expect(vi.getTimerCount()).toBe(0);
});

it('the time is counted from the first item of a batch', () => {
  const { batches, collecting } = setUp(2);
  collecting.add(1);
  vi.advanceTimersByTime(900);
  collecting.add(2);
  collecting.add(3);
  vi.advanceTimersByTime(900);
  expect(batches).toEqual([[1, 2]]);
  vi.advanceTimersByTime(100);
  expect(batches).toEqual([[1, 2], [3]]);
});

it('what is taken comes in no batch, and leaves no timer', () => {
  const { batches, collecting } = setUp(3);
  collecting.add(1);
  collecting.add(2);
  expect(collecting.takeAll()).toEqual([1, 2]);
  expect([collecting.takeAll(), batches, vi.getTimerCount()]).toEqual([[], [], 0]);
});
