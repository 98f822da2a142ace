import { RetryOptionTypeError } from './errors.js';
import { between, milliseconds, options } from './validate.js';

/**
 * Delays in milliseconds. Iterating it starts a session: the first value is the wait after the first failure, and its
 * end is the end of retrying. `[100, 200]` is a backoff, and so is any generator function's result; but note that a
 * generator object is spent after one session, while the backoffs of this package start anew each time.
 */
export type Backoff = Iterable<number>;

/** A backoff that starts anew with every iteration. */
export function restartable(session: () => Iterator<number>): Backoff {
  return { [Symbol.iterator]: session };
}

/** The same wait each time, without end. */
export function constant(ms: number): Backoff {
  milliseconds('ms', ms);
  return restartable(function* () {
    for (;;) yield ms;
  });
}

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
 * @throws RetryOptionTypeError, RetryOptionRangeError
 */
export function linear(given: LinearOptions): Backoff {
  const { startMs, stepMs, maxMs, compat } = options('options', given, 'linear({ startMs, stepMs, maxMs })');
  milliseconds('startMs', startMs);
  milliseconds('stepMs', stepMs);
  milliseconds('maxMs', maxMs);
  if (compat !== undefined && compat !== 'kombu') {
    throw new RetryOptionTypeError('compat', "`compat` is unknown: leave it out, or give 'kombu'.");
  }
  return restartable(compat === 'kombu' ? kombu : exact);

  function* exact(): Iterator<number> {
    // Multiplied rather than added up, so that the rounding of a fractional step does not pile up.
    for (let n = 0; ; n++) {
      const ms = startMs + stepMs * n;
      if (ms >= maxMs || stepMs === 0) return yield* forEver(Math.min(ms, maxMs));
      yield ms;
    }
  }

  function* kombu(): Iterator<number> {
    // Added up, as kombu does, so that a fractional step is rounded as there.
    let ms = startMs;
    for (; stepMs > 0 && ms + stepMs <= maxMs + startMs; ms += stepMs) yield ms;
    return yield* forEver(ms);
  }
}

function* forEver(ms: number): Generator<number, never> {
  for (;;) yield ms;
}

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
 * @throws RetryOptionTypeError, RetryOptionRangeError
 */
export function exponential(given: ExponentialOptions = {}): Backoff {
  const { initialMs = 100, factor = 2, maxMs = 30_000 } = options('options', given, 'exponential({ maxMs: 10_000 })');
  milliseconds('initialMs', initialMs);
  between('factor', factor, 1, Number.POSITIVE_INFINITY);
  milliseconds('maxMs', maxMs);
  return restartable(function* () {
    // Capping at each step keeps the product from ever reaching Infinity.
    for (let ms = Math.min(initialMs, maxMs); ; ms = Math.min(ms * factor, maxMs)) yield ms;
  });
}

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
 * @throws RetryOptionTypeError, RetryOptionRangeError
 */
export function fibonacci(given: FibonacciOptions = {}): Backoff {
  const { initialMs = 100, maxMs = 30_000 } = options('options', given, 'fibonacci({ maxMs: 10_000 })');
  milliseconds('initialMs', initialMs);
  milliseconds('maxMs', maxMs);
  return restartable(function* () {
    let ms = Math.min(initialMs, maxMs);
    let nextMs = ms;
    for (;;) {
      yield ms;
      [ms, nextMs] = [nextMs, Math.min(ms + nextMs, maxMs)];
    }
  });
}
