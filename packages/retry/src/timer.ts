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
  const dueAt = clock.now() + ms;
  let handle: unknown;
  const arm = (remainingMs: number): void => {
    handle = clock.setTimer(check, Math.min(remainingMs, longestTimerMs), unref);
  };
  const cancel = (): void => {
    clock.clearTimer(handle);
    signal?.removeEventListener('abort', check);
  };
  const check = (): void => {
    // Timers fire up to a millisecond early (Node rounds its loop time down), and long waits come in chunks.
    const remainingMs = dueAt - clock.now();
    if (remainingMs > 0 && !signal?.aborted) arm(remainingMs);
    else {
      cancel();
      onEnd();
    }
  };
  arm(ms);
  signal?.addEventListener('abort', check);
  return cancel;
}
