import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Closing } from './closing.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const told: string[] = [];
  let drained = (): void => {};
  const closing = new Closing({
    drain: () => {
      told.push('drain');
      return new Promise<void>((resolve) => {
        drained = resolve;
      });
    },
    leave: async () => told.push('leave'),
  });
  return { closing, told, drained: () => drained() };
}

describe('an end', () => {
  it('comes when all is drained, and leaves no timer', async () => {
    const { closing, told, drained } = setUp();
    expect(closing.begun).toBe(false);
    const ended = closing.begin(5_000);
    expect(closing.begun).toBe(true);
    drained();
    await ended;
    expect(told).toEqual(['drain', 'leave']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('comes at its limit when something does not end', async () => {
    const { closing, told } = setUp();
    const ended = closing.begin(5_000);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(told).toEqual(['drain']);
    await vi.advanceTimersByTimeAsync(1);
    await ended;
    expect(told).toEqual(['drain', 'leave']);
  });

  it('comes once, and sooner when somebody asks again with less patience', async () => {
    const { closing, told } = setUp();
    const ended = [closing.begin(60_000), closing.begin(1_000), closing.begin(30_000)];
    await vi.advanceTimersByTimeAsync(1_000);
    await Promise.all(ended);
    expect(told).toEqual(['drain', 'leave']);
    await closing.begin(0);
    expect(told).toEqual(['drain', 'leave']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('is not begun by a bad limit: %d', async (drainMs) => {
    const { closing, told } = setUp();
    await expect(closing.begin(drainMs)).rejects.toMatchObject({ code: 'ERR_LEVERET_INVALID_ARGUMENT' });
    expect([closing.begun, told]).toEqual([false, []]);
  });
});
