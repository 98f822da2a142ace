/** `code` of every error this package makes. Stable: match on these, not on messages. */
export type RetryErrorCode =
  | 'ERR_LEVERET_RETRY_OPTION_TYPE'
  | 'ERR_LEVERET_RETRY_OPTION_RANGE'
  | 'ERR_LEVERET_RETRY_DELAY'
  | 'ERR_LEVERET_RETRY_ATTEMPT_TIMEOUT';

/** An argument or option has the wrong type. The message says which one, and what to give instead. */
export class RetryOptionTypeError extends TypeError {
  override readonly name: string = 'RetryOptionTypeError';
  readonly code: 'ERR_LEVERET_RETRY_OPTION_TYPE' = 'ERR_LEVERET_RETRY_OPTION_TYPE';
  /** Name of the argument or option at fault. */
  readonly option: string;

  constructor(option: string, message: string) {
    super(message);
    this.option = option;
  }
}

/** A number is outside what an option can mean. The message says which one, and what to give instead. */
export class RetryOptionRangeError extends RangeError {
  override readonly name: string = 'RetryOptionRangeError';
  readonly code: 'ERR_LEVERET_RETRY_OPTION_RANGE' = 'ERR_LEVERET_RETRY_OPTION_RANGE';
  /** Name of the argument or option at fault. */
  readonly option: string;
  /** What was given. */
  readonly value: number;

  constructor(option: string, value: number, message: string) {
    super(message);
    this.option = option;
    this.value = value;
  }
}

/** A backoff gave something that is not a delay. `cause` is the error that was to be retried. */
export class InvalidDelayError extends RangeError {
  override readonly name: string = 'InvalidDelayError';
  readonly code: 'ERR_LEVERET_RETRY_DELAY' = 'ERR_LEVERET_RETRY_DELAY';
  /** The attempt after which the delay was asked for, counted from 1. */
  readonly attempt: number;

  constructor(attempt: number, delayMs: unknown, cause: unknown) {
    super(
      `The backoff gave ${describe(delayMs)} as the delay after attempt ${attempt}; it must yield finite milliseconds, zero or more. Mend the iterable passed as \`backoff\`, or its \`random\`.`,
      { cause },
    );
    this.attempt = attempt;
  }
}

/** An attempt took longer than `attemptTimeoutMs`. It is retried like any other failure; `shouldRetry` may decide otherwise. */
export class AttemptTimeoutError extends Error {
  override readonly name: string = 'AttemptTimeoutError';
  readonly code: 'ERR_LEVERET_RETRY_ATTEMPT_TIMEOUT' = 'ERR_LEVERET_RETRY_ATTEMPT_TIMEOUT';
  /** The attempt that was cut off, counted from 1. */
  readonly attempt: number;
  /** The limit it ran into. */
  readonly timeoutMs: number;

  constructor(attempt: number, timeoutMs: number) {
    super(
      `Attempt ${attempt} did not end within ${timeoutMs} ms. Raise \`attemptTimeoutMs\` if it may take that long, and hand \`attempt.signal\` to what it waits for.`,
    );
    this.attempt = attempt;
    this.timeoutMs = timeoutMs;
  }
}

/** Numbers are shown; of anything else only the kind, since a value may hold a secret. */
export function describe(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return value === null ? 'null' : typeof value;
}
