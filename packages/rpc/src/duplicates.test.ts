import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Duplicates } from './duplicates.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('remembers the last so many ids', () => {
  const duplicates = new Duplicates(2);
  for (const id of ['a', 'b', 'c']) duplicates.add(id);
  expect(['a', 'b', 'c'].map((id) => duplicates.has(id))).toEqual([false, true, true]);
});

it('remembers nothing with a window of none', () => {
  const duplicates = new Duplicates(0);
  duplicates.add('a');
  expect(duplicates.has('a')).toBe(false);
});

it('without a limit in time remembers for ever', () => {
  const duplicates = new Duplicates(2);
  duplicates.add('a');
  vi.advanceTimersByTime(1e9);
  expect(duplicates.has('a')).toBe(true);
});

it('forgets an id after its time, and remembers it anew when it comes again', () => {
  const duplicates = new Duplicates(3, 1_000);
  duplicates.add('a');
  vi.advanceTimersByTime(999);
  duplicates.add('b');
  expect(duplicates.has('a')).toBe(true);
  vi.advanceTimersByTime(1);
  expect([duplicates.has('a'), duplicates.has('b')]).toEqual([false, true]);
  duplicates.add('a');
  vi.advanceTimersByTime(999);
  expect([duplicates.has('a'), duplicates.has('b')]).toEqual([true, false]);
});
