import type { Backoff } from './backoff.js';
import { linear } from './linear.js';
import { check, number } from './validate.js';

/**
 * oslo.messaging's `retry` as a number of retries for a {@link RetryPolicy}: `null`, `undefined` and anything negative
 * are for ever (`Infinity`), 0 is never, N is N retries, so N + 1 attempts.
 *
 * @throws RetryError for what is not a whole number
 */
export function osloRetry(value: number | null | undefined): number {
  if (value === null || value === undefined) return Infinity;
  check(Number.isInteger(value), 'retry', value, 'a whole number of retries, or null or -1 to retry for ever');
  return value < 0 ? Infinity : value;
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
 * @throws RetryError
 */
export function osloRabbitBackoff({
  retryIntervalMs = 1000,
  retryBackoffMs = 2000,
  intervalMaxMs = 30_000,
}: OsloRabbitBackoffOptions = {}): Backoff {
  number('retryIntervalMs', retryIntervalMs);
  number('retryBackoffMs', retryBackoffMs);
  number('intervalMaxMs', intervalMaxMs);
  return linear({ startMs: retryIntervalMs, stepMs: retryBackoffMs, maxMs: intervalMaxMs, compat: 'kombu' });
}
