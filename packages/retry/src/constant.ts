import { type Backoff, restartable } from './backoff.js';
import { number } from './validate.js';

/**
 * The same wait each time, without end.
 *
 * @throws RetryError
 */
export function constant(ms: number): Backoff {
  number('ms', ms);
  return restartable(() => ({ next: () => ({ done: false, value: ms }) }));
}

/** No wait at all, without end; the event loop still has its turn between two attempts. */
export function none(): Backoff {
  return constant(0);
}
