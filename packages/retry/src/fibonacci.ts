import { type Backoff, restartable } from './backoff.js';
import { number, object } from './validate.js';

/** Options of {@link fibonacci}. */
export interface FibonacciOptions {
  /** The first wait, and the second. Default 100. */
  readonly initialMs?: number | undefined;
  /** No wait is longer. Default 30 000. */
  readonly maxMs?: number | undefined;
}

/**
 * Each wait is the sum of the two before: 100, 100, 200, 300, 500, 800, … up to `maxMs`. Gentler than doubling.
 *
 * @throws RetryError
 */
export function fibonacci(options: FibonacciOptions = {}): Backoff {
  object('options', options);
  const { initialMs = 100, maxMs = 30_000 } = options;
  number('initialMs', initialMs);
  number('maxMs', maxMs);
  return restartable(function* () {
    let ms = Math.min(initialMs, maxMs);
    let nextMs = ms;
    for (;;) {
      yield ms;
      [ms, nextMs] = [nextMs, Math.min(ms + nextMs, maxMs)];
    }
  });
}
