import { type Backoff, restartable } from './backoff.js';
import { number } from './validate.js';

/**
 * The same wait each time, without end.
 *
 * @throws RetryError
 */
export function constant(ms: number): Backoff {
  number('ms', ms);
  // It remembers nothing, so all sessions can be one.
  const delays: Iterator<number> = { next: () => ({ done: false, value: ms }) };
  return restartable(() => delays);
}

/** No wait at all, without end; the event loop still has its turn between two attempts. */
export function none(): Backoff {
  return constant(0);
}
