import { type Backoff, restartable } from './backoff.js';
import { callable } from './validate.js';

/** What a {@link custom} backoff knows of the failure that is to be waited for. */
export interface FailureFacts {
  /** How many failures there were, this one included. With several `hosts`, how many full rounds of them. */
  readonly failures: number;
  /** What the attempt failed with; `undefined` if the backoff is iterated by hand or for a `plan`. */
  readonly error: unknown;
  /** The wait that was given before; `undefined` the first time. */
  readonly previousMs: number | undefined;
}

/**
 * A backoff computed from each failure: milliseconds, or `undefined` to end retrying.
 *
 * @throws RetryError
 */
export function custom(delayMs: (failure: FailureFacts) => number | undefined): Backoff {
  callable('delayMs', delayMs);
  return restartable(() => {
    let failures = 0;
    let previousMs: number | undefined;
    const session: Iterator<number, undefined, unknown> = {
      next(error) {
        const value = delayMs({ failures: ++failures, error, previousMs });
        previousMs = value;
        return value === undefined ? { done: true, value } : { done: false, value };
      },
    };
    return session;
  });
}
