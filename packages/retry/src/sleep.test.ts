import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { rejection } from '../test/support.js';
import { type Clock, systemClock } from './clock.js';
import { sleep } from './sleep.js';
import { VirtualClock } from './testing.js';

it('ends when the time has passed, not before', async () => {
  const clock = new VirtualClock();
  let awake = false;
  const sleeping = sleep(100, { clock }).then(() => {
    awake = true;
  });
  await clock.advance(99);
  expect(awake).toBe(false);
  await clock.advance(1);
  expect(awake).toBe(true);
  await sleeping;
});

it('ends the moment the signal aborts, with its reason, and leaves nothing', async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const reason = Object.freeze({ why: 'enough' });
  const sleeping = rejection(sleep(100, { clock, signal: controller.signal }));
  await clock.advance(40);
  controller.abort(reason);
  expect(clock.pending).toBe(0);
  expect(await sleeping).toBe(reason);
  expect(clock.now()).toBe(40);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

it('does not begin when the signal has aborted before', async () => {
  const clock = new VirtualClock();
  expect(await rejection(sleep(100, { clock, signal: AbortSignal.abort('late') }))).toBe('late');
  expect(clock.pending).toBe(0);
});

it('leaves no listener when it ends by time', async () => {
  const clock = new VirtualClock();
  const { signal } = new AbortController();
  await clock.run(sleep(100, { clock, signal }));
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('keeps delays that no timer can hold', async () => {
  const longestTimerMs = 2 ** 31 - 1;
  const asked: number[] = [];
  const virtual = new VirtualClock();
  const clock: Clock = {
    now: () => virtual.now(),
    setTimer: (fn, ms, unref) => {
      asked.push(ms);
      return virtual.setTimer(fn, ms, unref);
    },
    clearTimer: (handle) => virtual.clearTimer(handle),
  };
  const hundredDays = 100 * 24 * 3600 * 1000;
  await virtual.run(sleep(hundredDays, { clock }));
  expect(virtual.now()).toBe(hundredDays);
  expect(asked).toEqual([longestTimerMs, longestTimerMs, longestTimerMs, longestTimerMs, 50_065_412]);
});

it('never ends early on a clock whose timers fire early or late', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: 0, max: 2 ** 36, noNaN: true }),
      fc.array(fc.double({ min: -1, max: 50, noNaN: true }), { minLength: 1 }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      async (ms, skews, startMs) => {
        const virtual = new VirtualClock({ startMs });
        let timers = 0;
        const clock: Clock = {
          now: () => virtual.now(),
          setTimer: (fn, timerMs, unref) => {
            const skewMs = skews[timers++ % skews.length] ?? 0;
            // A real timer always makes some way.
            return virtual.setTimer(fn, timerMs > 1 ? timerMs + skewMs : timerMs, unref);
          },
          clearTimer: (handle) => virtual.clearTimer(handle),
        };
        await virtual.run(sleep(ms, { clock }));
        expect(virtual.now()).toBeGreaterThanOrEqual(startMs + ms);
        expect(virtual.pending).toBe(0);
      },
    ),
  );
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('rejects a sleep of %s', async (ms) => {
  expect(await rejection(sleep(ms))).toMatchObject({ code: 'ERR_LEVERET_RETRY_OPTION', option: 'ms' });
});

it('lets the process go when asked to, and keeps it when not', () => {
  const kept = systemClock.setTimer(() => {}, 60_000, false) as NodeJS.Timeout;
  const free = systemClock.setTimer(() => {}, 60_000, true) as NodeJS.Timeout;
  expect([kept.hasRef(), free.hasRef()]).toEqual([true, false]);
  systemClock.clearTimer(kept);
  systemClock.clearTimer(free);
});

it('sleeps on the clock of the system by default, and sees fake timers that were installed after it was loaded', async () => {
  vi.useFakeTimers();
  try {
    const set = vi.spyOn(globalThis, 'setTimeout');
    const sleeping = sleep(1000.5);
    await vi.advanceTimersByTimeAsync(1000);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(0);
    await sleeping;
    // A timer of 1000 would have to be set once more for the fraction.
    expect(set.mock.calls.map(([, ms]) => ms)).toEqual([1001]);
  } finally {
    vi.restoreAllMocks();
    vi.useRealTimers();
  }
});
