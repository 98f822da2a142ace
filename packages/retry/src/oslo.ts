import { type Backoff, linear } from './backoff.js';
import { describe, RetryOptionRangeError, RetryOptionTypeError } from './errors.js';
import { milliseconds, options } from './validate.js';

/**
 * oslo.messaging's `retry` as a number of retries for a {@link RetryPolicy}: `null`, `undefined` and anything negative
 * are for ever (`Infinity`), 0 is never, N is N retries, so N + 1 attempts.
 *
 * @throws RetryOptionTypeError, RetryOptionRangeError for what is not a whole number
 */
export function osloRetry(value: number | null | undefined): number {
  if (value === null || value === undefined) return Number.POSITIVE_INFINITY;
  const wanted = 'a whole number of retries, or null or -1 to retry for ever';
  if (typeof value !== 'number') {
    throw new RetryOptionTypeError('retry', `\`retry\` is ${describe(value)}: give ${wanted}.`);
  }
  if (!Number.isInteger(value)) {
    throw new RetryOptionRangeError('retry', value, `\`retry\` is ${value}: give ${wanted}.`);
  }
  return value < 0 ? Number.POSITIVE_INFINITY : value;
}

/** Options of {@link osloRabbitBackoff}: oslo.messaging's, in milliseconds. */
export interface OsloRabbitBackoffOptions {
  /** The first wait. Default 1000. oslo: rabbit_retry_interval. */
  readonly retryIntervalMs?: number | undefined;
  /** What each further wait is longer by. Default 2000. oslo: rabbit_retry_backoff. */
  readonly retryBackoffMs?: number | undefined;
  /** Default 30 000. oslo: rabbit_interval_max. The longest wait is up to `retryIntervalMs` more, as in kombu. */
  readonly intervalMaxMs?: number | undefined;
}

/**
 * The waits of oslo.messaging's RabbitMQ driver between attempts to connect: by default 1, 3, 5, …, 29, 31, 31, … seconds.
 * With several hosts, see {@link perRound}. There is no jitter in it; {@link jittered} adds some.
 *
 * @throws RetryOptionTypeError, RetryOptionRangeError
 */
export function osloRabbitBackoff(given: OsloRabbitBackoffOptions = {}): Backoff {
  const {
    retryIntervalMs = 1000,
    retryBackoffMs = 2000,
    intervalMaxMs = 30_000,
  } = options('options', given, 'osloRabbitBackoff({ intervalMaxMs: 10_000 })');
  milliseconds('retryIntervalMs', retryIntervalMs);
  milliseconds('retryBackoffMs', retryBackoffMs);
  milliseconds('intervalMaxMs', intervalMaxMs);
  return linear({ startMs: retryIntervalMs, stepMs: retryBackoffMs, maxMs: intervalMaxMs, compat: 'kombu' });
}
