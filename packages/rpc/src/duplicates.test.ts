import fc from 'fast-check';
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

it('remembers what a list of all ids and times would', () => {
  const step = fc.record({ id: fc.constantFrom(...'abcdefgh'), waitMs: fc.constantFrom(0, 0, 1, 40, 100) });
  fc.assert(
    fc.property(fc.nat(5), fc.constantFrom(0, 100), fc.array(step, { maxLength: 60 }), (limit, windowMs, steps) => {
      const duplicates = new Duplicates(limit, windowMs);
      let list: { id: string; at: number }[] = [];
      for (const { id, waitMs } of steps) {
        vi.advanceTimersByTime(waitMs);
        const now = performance.now();
        const isIn = ({ at }: { at: number }): boolean => windowMs === 0 || now - at < windowMs;
        for (const each of 'abcdefgh') {
          expect(duplicates.has(each)).toBe(list.some((one) => one.id === each && isIn(one)));
        }
        if (duplicates.has(id)) continue;
        duplicates.add(id);
        list = [...list.filter((one) => one.id !== id && isIn(one)), { id, at: now }].slice(
          limit === 0 ? Infinity : -limit,
        );
      }
    }),
  );
});

it('keeps no more ids than twice the window, or twice those of its time', () => {
  const count = (limit: number, windowMs: number): number => {
    const duplicates = new Duplicates(limit, windowMs);
    let most = 0;
    for (let id = 0; id < 100; id += 1) {
      vi.advanceTimersByTime(10);
      duplicates.add(String(id));
      most = Math.max(most, duplicates.size);
    }
    return most;
  };
  expect([count(8, 0), count(1_000, 100)]).toEqual([16, 20]);
});
