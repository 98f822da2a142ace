import { type Backoff, restartable, startBackoff } from './backoff.js';
import { callable, check, iterable } from './validate.js';

/** Uniform in [0, 1), as `Math.random`, which is the default everywhere. */
export type Random = () => number;

/**
 * How much of a wait is left to chance. For a wait of `ms`: `'full'` draws from [0, ms), `'equal'` from [ms/2, ms),
 * and `{ ratio }` from [ms − ratio × ms, ms).
 */
export type Jitter = 'full' | 'equal' | { readonly ratio: number };

/** Options of {@link jittered}. */
export interface JitterOptions {
  /** Source of chance. Default `Math.random`; a policy's `random`, where it has one, takes its place. */
  readonly random?: Random | undefined;
}

/**
 * The waits of `backoff`, each drawn at random below its value. Nothing is added on top and then cut off, so the result
 * never exceeds the bound, and does not gather there: clients that all wait their longest still come back one by one.
 *
 * @throws RetryError
 */
export function jittered(backoff: Backoff, jitter: Jitter, { random: own = Math.random }: JitterOptions = {}): Backoff {
  iterable('backoff', backoff);
  callable('random', own);
  const ratio = jitter === 'full' ? 1 : jitter === 'equal' ? 0.5 : jitter?.ratio;
  check(ratio >= 0 && ratio <= 1, 'jitter', ratio, "'full', 'equal' or { ratio } from 0 to 1");
  return restartable((random) => {
    const delays = startBackoff(backoff, random);
    return {
      next(failure) {
        const { done, value } = delays.next(failure) as IteratorResult<number>;
        return { done, value: value - value * ratio * (1 - (random ?? own)()) } as IteratorResult<number>;
      },
      return: delays.return?.bind(delays),
    } as Iterator<number>;
  });
}

/** Uniform in [leastMs, mostMs). */
export function draw(leastMs: number, mostMs: number, random: Random): number {
  return leastMs + (mostMs - leastMs) * random();
}
