import type { Clock } from './clock.js';

/** What the timers of every runtime can hold; one millisecond more and they fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Calls `onEnd` when `clock.now()` has advanced by `ms`, and not before; or when `signal`, which has not aborted yet, does.
 *
 * @returns a function that takes it back.
 */
export function startTimer(
  clock: Clock,
  ms: number,
  unref: boolean,
  onEnd: () => void,
  signal?: AbortSignal | undefined,
): () => void {
  const check = arm(clock, ms, unref, onEnd, signal);
  return () => check(true);
}

/** Resolves after `ms` milliseconds, or when `signal` aborts, which has not aborted yet. */
export function pause(clock: Clock, ms: number, unref: boolean, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    arm(clock, ms, unref, resolve, signal);
  });
}

// One function that does it all: there may be very many that wait at once, and each function is memory.
function arm(
  clock: Clock,
  ms: number,
  unref: boolean,
  onEnd: () => void,
  signal: AbortSignal | undefined,
): (stop?: unknown) => void {
  const dueAt = clock.now() + ms;
  const check = (stop?: unknown): void => {
    // Timers fire up to a millisecond early (Node rounds its loop time down), and long waits come in chunks.
    const remainingMs = dueAt - clock.now();
    if (stop !== true && remainingMs > 0 && !signal?.aborted) {
      handle = clock.setTimer(check, Math.min(remainingMs, longestTimerMs), unref);
      return;
    }
    signal?.removeEventListener('abort', check);
    // One that has fired needs no clearing, which has its price.
    if (remainingMs > 0) clock.clearTimer(handle);
    if (stop !== true) onEnd();
  };
  let handle = clock.setTimer(check, Math.min(ms, longestTimerMs), unref);
  signal?.addEventListener('abort', check);
  return check;
}
