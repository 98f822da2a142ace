import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DialTurns } from './dial-turns.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const forEver = new AbortController().signal;

describe('DialTurns', () => {
  it('lets one go at once, and of a thousand eleven in a tenth of a second, in their order', async () => {
    const turns = new DialTurns();
    const went: (readonly [number: number, atMs: number])[] = [];
    const began = performance.now();
    const all = Array.from({ length: 1_000 }, (_, number) =>
      turns.next(forEver).then(() => went.push([number, performance.now() - began])),
    );
    await vi.runAllTimersAsync();
    await Promise.all(all);
    expect(went).toEqual(Array.from({ length: 1_000 }, (_, number) => [number, number * 9]));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets those go that come one by one', async () => {
    const turns = new DialTurns();
    for (let i = 0; i < 3; i += 1) {
      const before = performance.now();
      await turns.next(forEver);
      expect(performance.now()).toBe(before);
      await vi.advanceTimersByTimeAsync(9);
    }
  });

  it('forgets whoever gives up, with the reason as it is', async () => {
    const turns = new DialTurns();
    const controller = new AbortController();
    await turns.next(forEver);
    const given = turns.next(controller.signal);
    const after = turns.next(forEver);
    controller.abort('enough');
    await expect(given).rejects.toBe('enough');
    await vi.advanceTimersByTimeAsync(9);
    await after;
    await expect(turns.next(controller.signal)).rejects.toBe('enough');
    await vi.runAllTimersAsync();
    expect(vi.getTimerCount()).toBe(0);
  });
});
