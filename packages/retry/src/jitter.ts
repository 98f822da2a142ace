import { type Backoff, restartable } from './backoff.js';
import { RetryOptionRangeError, RetryOptionTypeError } from './errors.js';
import { between, callable, iterable, milliseconds, options } from './validate.js';

/** Uniform in [0, 1), as `Math.random`, which is the default everywhere. */
export type Random = () => number;

/**
 * How much of a wait is left to chance. For a wait of `ms`: `'full'` draws from [0, ms), `'equal'` from [ms/2, ms),
 * and `{ ratio }` from [ms − ratio × ms, ms).
 */
export type Jitter = 'full' | 'equal' | { readonly ratio: number };

/** Options of {@link jittered}. */
export interface JitterOptions {
  /** Source of chance. Default `Math.random`. */
  readonly random?: Random | undefined;
}

/**
 * The waits of `backoff`, each drawn at random below its value. Nothing is added on top and then cut off, so the result
 * never exceeds the bound, and does not gather there: clients that all wait their longest still come back one by one.
 *
 * @throws RetryOptionTypeError, RetryOptionRangeError
 */
export function jittered(backoff: Backoff, jitter: Jitter, given: JitterOptions = {}): Backoff {
  iterable('backoff', backoff);
  const { random = Math.random } = options('options', given, "jittered(backoff, 'full', { random })");
  callable('random', random, 'a function that returns a number from 0 up to, and not, 1');
  const share = shareLeftToChance(jitter);
  return restartable(function* () {
    for (const ms of backoff) yield draw(ms - ms * share, ms, random);
  });
}

/** Options of {@link decorrelated}. */
export interface DecorrelatedOptions {
  /** No wait is shorter. Above zero. Default 100. */
  readonly initialMs?: number | undefined;
  /** No wait is longer. Above `initialMs`. Default 30 000. */
  readonly maxMs?: number | undefined;
  /** A wait is at most this many times the one before; above 1. Default 3. */
  readonly factor?: number | undefined;
  /** Source of chance. Default `Math.random`. */
  readonly random?: Random | undefined;
}

/**
 * Each wait is drawn between `initialMs` and `factor` times the wait before, or `maxMs` if that is less. It grows by
 * itself and needs no {@link jittered}. The cap bounds the draw, not its result, so the waits do not gather at `maxMs`.
 *
 * @throws RetryOptionTypeError, RetryOptionRangeError
 */
export function decorrelated(given: DecorrelatedOptions = {}): Backoff {
  const {
    initialMs = 100,
    maxMs = 30_000,
    factor = 3,
    random = Math.random,
  } = options('options', given, 'decorrelated({ maxMs: 10_000 })');
  milliseconds('initialMs', initialMs);
  milliseconds('maxMs', maxMs);
  between('factor', factor, 1, Number.POSITIVE_INFINITY);
  callable('random', random, 'a function that returns a number from 0 up to, and not, 1');
  if (initialMs === 0) {
    throw new RetryOptionRangeError(
      'initialMs',
      0,
      '`initialMs` is 0, and 0 times anything is 0: give more than zero.',
    );
  }
  if (maxMs <= initialMs) {
    throw new RetryOptionRangeError(
      'maxMs',
      maxMs,
      `\`maxMs\` is ${maxMs}, which leaves nothing to draw above the \`initialMs\` of ${initialMs}: give more than that.`,
    );
  }
  if (factor === 1) {
    throw new RetryOptionRangeError('factor', 1, '`factor` is 1, so that no wait could differ: give more than 1.');
  }
  return restartable(function* () {
    for (let ms = initialMs; ; ) {
      ms = draw(initialMs, Math.min(ms * factor, maxMs), random);
      yield ms;
    }
  });
}

function shareLeftToChance(jitter: Jitter): number {
  if (jitter === 'full') return 1;
  if (jitter === 'equal') return 0.5;
  if (typeof jitter === 'object' && jitter !== null) return between('ratio', jitter.ratio, 0, 1);
  throw new RetryOptionTypeError('jitter', "`jitter` is unknown: give 'full', 'equal', or { ratio: 0.2 }.");
}

function draw(leastMs: number, mostMs: number, random: Random): number {
  return leastMs + (mostMs - leastMs) * random();
}
