import { type Backoff, restartable, startBackoff } from './backoff.js';
import { check, iterable, number } from './validate.js';

/**
 * The first `n` waits of `backoff`, then the end: at most `n` retries. It does not read further than that.
 *
 * @throws RetryError
 */
export function take(backoff: Backoff, n: number): Backoff {
  iterable('backoff', backoff);
  number('n', n, 0, Infinity);
  check(!(n % 1), 'n', n, 'a whole number, or Infinity');
  return restartable((random) => {
    let delays: Iterator<number, unknown, unknown> | undefined;
    let taken = 0;
    const end = (): IteratorReturnResult<undefined> => {
      delays?.return?.();
      delays = undefined;
      return { done: true, value: undefined };
    };
    const session: Iterator<number, undefined, unknown> = {
      next(failure) {
        if (taken++ >= n) return end();
        delays ??= startBackoff(backoff, random);
        const next = delays.next(failure);
        return next.done ? { done: true, value: undefined } : { done: false, value: next.value };
      },
      return: end,
    };
    return session;
  });
}
