import type { Clock } from './clock.js';

/** What the timers of every runtime can hold; one millisecond more and they fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Calls `onDue` when `clock.now()` has advanced by `ms`, and not before.
 *
 * @returns a function that takes it back.
 */
export function startTimer(clock: Clock, ms: number, unref: boolean, onDue: () => void): () => void {
  const dueAt = clock.now() + ms;
  let handle: unknown;
  const arm = (remainingMs: number): void => {
    handle = clock.setTimer(check, Math.min(remainingMs, longestTimerMs), unref);
  };
  const check = (): void => {
    // Timers fire up to a millisecond early (Node rounds its loop time down), and long waits come in chunks.
    const remainingMs = dueAt - clock.now();
    if (remainingMs > 0) arm(remainingMs);
    else onDue();
  };
  arm(ms);
  return () => clock.clearTimer(handle);
}
