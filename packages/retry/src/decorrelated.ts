import { type Backoff, restartable } from './backoff.js';
import { draw, type Random } from './jitter.js';
import { callable, check, number, object } from './validate.js';

/** Options of {@link decorrelated}. */
export interface DecorrelatedOptions {
  /** No wait is shorter. Above zero. Default 100. */
  readonly initialMs?: number | undefined;
  /** No wait is longer. Above `initialMs`. Default 30 000. */
  readonly maxMs?: number | undefined;
  /** A wait is at most this many times the one before; above 1. Default 3. */
  readonly factor?: number | undefined;
  /** Source of chance. Default `Math.random`; a policy's `random`, where it has one, takes its place. */
  readonly random?: Random | undefined;
}

/**
 * Each wait is drawn between `initialMs` and `factor` times the wait before, or `maxMs` if that is less. It grows by
 * itself and needs no {@link jittered}. The cap bounds the draw, not its result, so the waits do not gather at `maxMs`.
 *
 * @throws RetryError
 */
export function decorrelated(options: DecorrelatedOptions = {}): Backoff {
  object('options', options);
  const { initialMs = 100, maxMs = 30_000, factor = 3, random: own = Math.random } = options;
  number('initialMs', initialMs);
  number('maxMs', maxMs);
  number('factor', factor);
  callable('random', own);
  check(initialMs > 0, 'initialMs', initialMs, 'more than zero: 0 times anything is 0');
  check(
    maxMs > initialMs,
    'maxMs',
    maxMs,
    `more than the \`initialMs\` of ${initialMs}, so that there is something to draw`,
  );
  check(factor > 1, 'factor', factor, 'more than 1, so that waits can differ');
  return restartable((random = own) => {
    let ms = initialMs;
    return {
      next() {
        ms = draw(initialMs, Math.min(ms * factor, maxMs), random);
        return { done: false, value: ms };
      },
    };
  });
}
