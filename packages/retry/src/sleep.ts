import { type Clock, systemClock } from './clock.js';
import { pause } from './timer.js';
import { number } from './validate.js';

/** Options of {@link sleep}. */
export interface SleepOptions {
  /** Ends the sleep at once when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Where time comes from. Default: {@link systemClock}. */
  readonly clock?: Clock | undefined;
  /** True lets the process exit while only this sleep is left. Default: false. */
  readonly unref?: boolean | undefined;
}

/**
 * Resolves after `ms` milliseconds, never earlier, however long: delays above 2^31 − 1 are kept too.
 *
 * An abort rejects it with `signal.reason`, untouched, in the same tick, and leaves neither timer nor listener.
 *
 * Rejects with {@link RetryError} if `ms` is not finite, zero or more.
 */
export async function sleep(ms: number, options: SleepOptions = {}): Promise<void> {
  const { signal, clock = systemClock, unref = false } = options;
  number('ms', ms);
  signal?.throwIfAborted();
  await pause({ clock, unref }, ms, signal);
  signal?.throwIfAborted();
}
