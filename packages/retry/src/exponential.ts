import { type Backoff, restartable } from './backoff.js';
import { number, object } from './validate.js';

/** Options of {@link exponential}. */
export interface ExponentialOptions {
  /** The first wait. Default 100. */
  readonly initialMs?: number | undefined;
  /** What each wait is multiplied by to give the next; 1 or more. Default 2. */
  readonly factor?: number | undefined;
  /** No wait is longer. Default 30 000. */
  readonly maxMs?: number | undefined;
}

/**
 * Waits that double (or grow by `factor`), up to `maxMs`, and stay there. An `initialMs` above `maxMs` is `maxMs`.
 * Without jitter, clients that failed together come back together: see {@link jittered}.
 *
 * @throws RetryError
 */
export function exponential(options: ExponentialOptions = {}): Backoff {
  object('options', options);
  const { initialMs = 100, factor = 2, maxMs = 30_000 } = options;
  number('initialMs', initialMs);
  number('factor', factor, 1);
  number('maxMs', maxMs);
  return restartable(function* () {
    // Capped at each step, the product never grows to an Infinity that is multiplied again.
    for (let ms = Math.min(initialMs, maxMs); ; ms = Math.min(ms * factor, maxMs)) yield ms;
  });
}
