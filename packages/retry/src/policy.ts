import type { Attempt } from './attempt.js';
import { type Backoff, exponential } from './backoff.js';
import { type Clock, systemClock } from './clock.js';
import { jittered, type Random } from './jitter.js';
import { callable, count, iterable, limitMs, options } from './validate.js';

/** When to try again, and when to stop. Plain data: it can be frozen, shared, and spread into another. */
export interface RetryPolicy {
  /**
   * The waits between attempts; where it ends, retrying ends. Default `jittered(exponential(), 'full')`, which is up to
   * 100 ms, up to 200, … up to 30 s.
   */
  readonly backoff?: Backoff | undefined;
  /**
   * How often to try again after the first attempt: 0 for never, `Infinity` for as long as the backoff goes on.
   * Default 3, whatever the length of the backoff. oslo: retry, by way of `osloRetry`.
   */
  readonly retries?: number | undefined;
  /**
   * Whether to try again after `error`. It may take its time. Default: always. It is not asked when no retry is left, nor
   * about an abort of the caller. If it throws, retrying ends with what it threw.
   */
  readonly shouldRetry?: ((error: unknown, attempt: Attempt) => boolean | PromiseLike<boolean>) | undefined;
  /**
   * No attempt but the first begins later than this after the start, and no wait is begun that would end later. It does
   * not cut an attempt short: `attemptTimeoutMs` does. Default `Infinity`.
   */
  readonly maxElapsedMs?: number | undefined;
  /**
   * How long one attempt may take. Then its signal aborts with an {@link AttemptTimeoutError}, which counts as its failure.
   * Default `Infinity`.
   */
  readonly attemptTimeoutMs?: number | undefined;
  /** Where time comes from. Default {@link systemClock}. */
  readonly clock?: Clock | undefined;
  /** The chance in the default backoff. Default `Math.random`. A backoff that you make is given its own. */
  readonly random?: Random | undefined;
  /** True lets the process exit while only the timers of a retry are left. Default false. */
  readonly unref?: boolean | undefined;
}

/** A policy with nothing left open. */
export interface ResolvedPolicy {
  readonly backoff: Backoff;
  readonly retries: number;
  readonly shouldRetry: RetryPolicy['shouldRetry'];
  readonly maxElapsedMs: number;
  readonly attemptTimeoutMs: number;
  readonly clock: Clock;
  readonly unref: boolean;
}

/** Checks a policy and fills in the defaults. */
export function resolvePolicy(policy: RetryPolicy): ResolvedPolicy {
  const {
    backoff,
    retries = 3,
    shouldRetry,
    maxElapsedMs = Number.POSITIVE_INFINITY,
    attemptTimeoutMs = Number.POSITIVE_INFINITY,
    clock = systemClock,
    random = Math.random,
    unref = false,
  } = options('policy', policy, '{ retries: 5 }');
  if (shouldRetry !== undefined) callable('shouldRetry', shouldRetry, 'a function of the error, or leave it out');
  callable('random', random, 'a function that returns a number from 0 up to, and not, 1');
  return {
    backoff: backoff === undefined ? jittered(exponential(), 'full', { random }) : iterable('backoff', backoff),
    retries: count('retries', retries, " (oslo.messaging's null and -1 go through osloRetry)"),
    shouldRetry,
    maxElapsedMs: limitMs('maxElapsedMs', maxElapsedMs),
    attemptTimeoutMs: limitMs('attemptTimeoutMs', attemptTimeoutMs),
    clock,
    unref,
  };
}
