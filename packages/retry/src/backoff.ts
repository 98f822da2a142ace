import type { Random } from './jitter.js';

/**
 * Delays in milliseconds. Iterating it starts a session: the first value is the wait after the first failure, and its
 * end is the end of retrying. `[100, 200]` is a backoff, and so is any generator function's result; but note that a
 * generator object is spent after one session, while the backoffs of this package start anew each time.
 *
 * `next` of the iterator is given the failure that is to be waited for.
 */
export interface Backoff extends Iterable<number> {
  /**
   * Starts a session as iterating does, with its chance drawn from `random` whatever the backoff was made with. A policy
   * with a `random` starts its backoff this way, and so does `plan`, to know its bounds.
   */
  readonly start?: ((random: Random | undefined) => Iterator<number>) | undefined;
}

/** A backoff that starts anew with every iteration. `start` is handed the chance that it is told to use, if any. */
export function restartable(start: (random: Random | undefined) => Iterator<number>): Backoff {
  return { start, [Symbol.iterator]: () => start(undefined) };
}

/** Starts a session of any backoff, with `random` for its chance if it is one that can be told. */
export function startBackoff(backoff: Backoff, random: Random | undefined): Iterator<number, unknown, unknown> {
  return backoff.start?.(random) ?? backoff[Symbol.iterator]();
}
