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
      turns.next(forEver).then((end) => {
        went.push([number, performance.now() - began]);
        end();
      }),
    );
    await vi.runAllTimersAsync();
    await Promise.all(all);
    expect(went).toEqual(Array.from({ length: 1_000 }, (_, number) => [number, number * 9]));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets no more go than are answered, but for those that have not been for a second', async () => {
    const turns = new DialTurns();
    const went: (readonly [atMs: number, end: () => void])[] = [];
    const began = performance.now();
    for (let dial = 0; dial < 60; dial += 1)
      void turns.next(forEver).then((end) => went.push([performance.now() - began, end]));
    await vi.advanceTimersByTimeAsync(900);
    expect(went).toHaveLength(24);
    for (const [, end] of went.slice(0, 10)) end();
    await vi.advanceTimersByTimeAsync(95);
    expect(went).toHaveLength(34);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(went).toHaveLength(60);
    const atMs = went.map(([at]) => at);
    // Of the fourteen that were never answered, the first was dialled at 90 ms.
    expect(atMs[34]).toBeGreaterThanOrEqual(1_090);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('makes one that comes by itself wait, too, while too many are unanswered', async () => {
    const turns = new DialTurns();
    for (let dial = 0; dial < 24; dial += 1) {
      await turns.next(forEver);
      await vi.advanceTimersByTimeAsync(20);
    }
    const before = performance.now();
    const next = turns.next(forEver).then(() => performance.now() - before);
    await vi.advanceTimersByTimeAsync(600);
    expect(await next).toBeGreaterThanOrEqual(1_000 - 24 * 20);
    expect(await next).toBeLessThan(1_000 - 24 * 20 + 10);
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
