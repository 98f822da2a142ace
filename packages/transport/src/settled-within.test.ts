import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { settledWithin } from './settled-within.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([
  ['resolves', () => Promise.resolve(1)],
  ['rejects', () => Promise.reject(new Error('no'))],
])('ends as soon as the promise %s, and leaves no timer', async (_, settle) => {
  await settledWithin(settle(), 1_000);
  expect(vi.getTimerCount()).toBe(0);
});

it('ends at its limit when the promise stays open', async () => {
  let ended = false;
  const waiting = settledWithin(new Promise(() => {}), 1_000).then(() => {
    ended = true;
  });
  await vi.advanceTimersByTimeAsync(999);
  expect(ended).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  expect(ended).toBe(true);
});
