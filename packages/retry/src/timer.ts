import type { Clock } from './clock.js';

/** What the timers of every runtime can hold; one millisecond more and they fire at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

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
  const check = arm({ clock, unref }, ms, onEnd, signal);
  return () => check(true);
}

/** Where timers are set, and how: what a policy has of these. */
export interface Timing {
  readonly clock: Clock;
  readonly unref: boolean;
}

/** Resolves after `ms` milliseconds, or when `signal` aborts, which has not aborted yet, with the time it is then. */
export function pause(timing: Timing, ms: number, signal: AbortSignal | undefined): Promise<number> {
  return new Promise((resolve) => {
    arm(timing, ms, resolve, signal);
  });
}

// One function that does it all: there may be very many that wait at once, and each function is memory.
function arm(
  timing: Timing,
  ms: number,
  onEnd: (now: number) => void,
  signal: AbortSignal | undefined,
): (stop?: unknown) => void {
  const dueAt = timing.clock.now() + ms;
  const check = (stop?: unknown): void => {
    // Timers fire up to a millisecond early (Node rounds its loop time down), and long waits come in chunks.
    const now = timing.clock.now();
    const remainingMs = dueAt - now;
    if (stop !== true && remainingMs > 0 && !signal?.aborted) {
      handle = timing.clock.setTimer(check, Math.min(remainingMs, longestTimerMs), timing.unref);
      return;
    }
    signal?.removeEventListener('abort', check);
    // One that has fired needs no clearing, which has its price. One that is due and has not fired does.
    if (stop !== undefined) timing.clock.clearTimer(handle);
    if (stop !== true) onEnd(now);
  };
  let handle = timing.clock.setTimer(check, Math.min(ms, longestTimerMs), timing.unref);
  signal?.addEventListener('abort', check);
  return check;
}
