import { type Backoff, restartable } from './backoff.js';
import { check, number, object } from './validate.js';

/** Options of {@link linear}. */
export interface LinearOptions {
  /** The first wait. */
  readonly startMs: number;
  /** What each further wait is longer by. Zero keeps the first. */
  readonly stepMs: number;
  /** No wait is longer (but see `compat`). */
  readonly maxMs: number;
  /**
   * `'kombu'` counts as kombu does: up to `maxMs + startMs`, and the last value that fits is repeated, rather than the
   * cap. For 1000, 2000, 30 000 that is 1000, 3000, …, 29 000, 31 000, 31 000, …
   */
  readonly compat?: 'kombu' | undefined;
}

/**
 * Waits that grow by the same step, up to `maxMs`, and stay there. A `startMs` above `maxMs` is `maxMs`.
 *
 * @throws RetryError
 */
export function linear(options: LinearOptions): Backoff {
  object('options', options);
  const { startMs, stepMs, maxMs, compat } = options;
  number('startMs', startMs);
  number('stepMs', stepMs);
  number('maxMs', maxMs);
  check(compat === undefined || compat === 'kombu', 'compat', compat, "'kombu', or leave it out");
  return restartable(() => (compat === 'kombu' ? kombu() : exact()));

  function* exact(): Generator<number, never> {
    // Multiplied rather than added up, so that the rounding of a fractional step does not pile up.
    for (let n = 0; ; n++) {
      const ms = startMs + stepMs * n;
      if (ms >= maxMs || stepMs === 0) return yield* forEver(Math.min(ms, maxMs));
      yield ms;
    }
  }

  function* kombu(): Generator<number, never> {
    // Added up, as kombu does, so that a fractional step is rounded as there.
    let ms = startMs;
    for (; stepMs > 0 && ms + stepMs <= maxMs + startMs; ms += stepMs) yield ms;
    return yield* forEver(ms);
  }
}

function* forEver(ms: number): Generator<number, never> {
  for (;;) yield ms;
}
