import { type Backoff, restartable } from './backoff.js';
import { count, iterable } from './validate.js';

/**
 * The first `n` waits of `backoff`, then the end: at most `n` retries.
 *
 * @throws RetryOptionTypeError, RetryOptionRangeError
 */
export function take(backoff: Backoff, n: number): Backoff {
  iterable('backoff', backoff);
  count('n', n);
  return restartable(function* () {
    if (n === 0) return;
    let taken = 0;
    for (const ms of backoff) {
      yield ms;
      // Asked before the next value is: a finite source is not read further than it is used.
      if (++taken === n) return;
    }
  });
}
