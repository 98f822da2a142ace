import type { Attempt, AttemptTimeout } from './attempt.js';
import type { Backoff } from './backoff.js';
import type { Budget } from './budget-rules.js';
import { type Clock, systemClock } from './clock.js';
import { exponential } from './exponential.js';
import { jittered, type Random } from './jitter.js';
import { callable, check, iterable, number, object } from './validate.js';

/** When to try again, and when to stop. Plain data: it can be frozen, shared, and spread into another. */
export interface RetryPolicy<T = unknown> {
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
   * Whether `value` is a failure after all, so that the operation is to be tried again. It may take its time. Default: never.
   * It is asked about every value. When retrying ends, the last value is given back as it is. {@link attempts} does not ask it.
   */
  readonly shouldRetryResult?: ((value: T, attempt: Attempt) => boolean | PromiseLike<boolean>) | undefined;
  /**
   * How long the server asks to be left alone, in milliseconds, told from the error (or from the value that was refused);
   * `undefined` if it does not ask. No wait is shorter. If that is more than `maxRetryAfterMs`, or ends after
   * `maxElapsedMs`, retrying ends: the wait is never cut.
   */
  readonly retryAfter?: ((failure: unknown) => number | undefined) | undefined;
  /** The longest wait that a server may ask for. Default `Infinity`. */
  readonly maxRetryAfterMs?: number | undefined;
  /**
   * No attempt but the first begins later than this after the start, and no wait is begun that would end later. It does
   * not cut an attempt short: `attemptTimeout` does. Default `Infinity`.
   */
  readonly maxElapsedMs?: number | undefined;
  /** How long one attempt may take, from `@leveret/retry/timeout`. Default: as long as it takes. */
  readonly attemptTimeout?: AttemptTimeout | undefined;
  /** What calls that share it may spend on retries together. Default: no limit. */
  readonly budget?: Budget | undefined;
  /**
   * How many hosts are tried in turn, one per attempt: there is a wait only after each full round. Default 1. kombu does so.
   */
  readonly hosts?: number | undefined;
  /** Where time comes from. Default {@link systemClock}. */
  readonly clock?: Clock | undefined;
  /** The chance in the backoff, if that is one of this package. Default: what the backoff was made with, or `Math.random`. */
  readonly random?: Random | undefined;
  /** True lets the process exit while only the timers of a retry are left. Default false. */
  readonly unref?: boolean | undefined;
}

/** The default of each option, which also tells its type. */
const defaults = {
  backoff: /* @__PURE__ */ jittered(/* @__PURE__ */ exponential(), 'full'),
  retries: 3,
  shouldRetry: undefined,
  shouldRetryResult: undefined,
  retryAfter: undefined,
  maxRetryAfterMs: Infinity,
  maxElapsedMs: Infinity,
  attemptTimeout: undefined,
  budget: undefined,
  hosts: 1,
  clock: systemClock,
  random: undefined,
  unref: false,
} satisfies { readonly [K in keyof RetryPolicy]-?: RetryPolicy[K] };

/** A policy that was checked, with nothing left open. */
export class ResolvedPolicy<T = unknown> implements RetryPolicy<T> {
  declare readonly backoff: Backoff;
  declare readonly retries: number;
  declare readonly shouldRetry: RetryPolicy<T>['shouldRetry'];
  declare readonly shouldRetryResult: RetryPolicy<T>['shouldRetryResult'];
  declare readonly retryAfter: RetryPolicy<T>['retryAfter'];
  declare readonly maxRetryAfterMs: number;
  declare readonly maxElapsedMs: number;
  declare readonly attemptTimeout: AttemptTimeout | undefined;
  declare readonly budget: Budget | undefined;
  declare readonly hosts: number;
  declare readonly clock: Clock;
  declare readonly random: Random | undefined;
  declare readonly unref: boolean;

  constructor(policy: RetryPolicy<T>) {
    object('policy', policy);
    const values = Object.assign(this as Record<string, unknown>, defaults);
    for (const option in defaults) {
      const value: unknown = policy[option as keyof RetryPolicy];
      if (value === undefined) continue;
      const wanted = typeof values[option];
      if (wanted === 'number') {
        number(option, value, option === 'hosts' ? 1 : 0, Infinity);
        // What has no unit is a count.
        check(option.endsWith('Ms') || !(value % 1), option, value, 'a whole number');
      }
      if (wanted === 'undefined' && option !== 'budget') callable(option, value);
      values[option] = value;
    }
    iterable('backoff', values['backoff']);
    Object.freeze(this);
  }
}

/**
 * Checks a policy and fills in the defaults, once for many calls: `retry` and the others take the result as it is, where
 * they check a plain object at every call.
 *
 * @throws RetryError for a policy that cannot be
 */
export function resolvePolicy<T>(policy: RetryPolicy<T> = {}): ResolvedPolicy<T> {
  return policy instanceof ResolvedPolicy ? policy : new ResolvedPolicy(policy);
}
