/** `code` of every error this package makes. Stable: match on these, not on messages. */
export type RetryErrorCode =
  | 'ERR_LEVERET_RETRY_OPTION'
  | 'ERR_LEVERET_RETRY_DELAY'
  | 'ERR_LEVERET_RETRY_ATTEMPT_TIMEOUT';

/** What a {@link RetryError} tells, by its code. */
export interface RetryErrorFacts {
  /** Name of the argument or option at fault (OPTION). */
  readonly option?: string;
  /** The attempt that was cut off, or after which the delay was asked for, counted from 1 (ATTEMPT_TIMEOUT, DELAY). */
  readonly attempt?: number;
  /** The limit that the attempt ran into (ATTEMPT_TIMEOUT). */
  readonly timeoutMs?: number;
  /** The failure that was to be retried (DELAY). */
  readonly cause?: unknown;
}

/**
 * The one error of this package:
 * - `ERR_LEVERET_RETRY_OPTION`: an argument or option is not what it can be; the message says what to give instead;
 * - `ERR_LEVERET_RETRY_DELAY`: the backoff, or `retryAfter`, gave something that is not a delay;
 * - `ERR_LEVERET_RETRY_ATTEMPT_TIMEOUT`: an attempt took longer than it may. It is retried like any other failure;
 *   `shouldRetry` may decide otherwise.
 */
export class RetryError extends Error implements RetryErrorFacts {
  declare readonly code: RetryErrorCode;
  declare readonly option?: string;
  declare readonly attempt?: number;
  declare readonly timeoutMs?: number;

  constructor(code: RetryErrorCode, message: string, facts: RetryErrorFacts) {
    super(message);
    Object.assign(this, facts, { name: 'RetryError', code });
  }
}
