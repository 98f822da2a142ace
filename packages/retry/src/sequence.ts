import { type Backoff, restartable } from './backoff.js';
import { check, number } from './validate.js';

/** Options of {@link sequence}. */
export interface SequenceOptions {
  /** After the last wait: `'stop'`, the default, ends retrying; `'repeat-last'` goes on with it. */
  readonly atEnd?: 'stop' | 'repeat-last' | undefined;
}

/**
 * Just these waits. A copy is taken, and each is checked now rather than when it is needed.
 *
 * @throws RetryError
 */
export function sequence(waitsMs: readonly number[], { atEnd = 'stop' }: SequenceOptions = {}): Backoff {
  check(Array.isArray(waitsMs), 'waitsMs', waitsMs, 'an array of milliseconds');
  const waits = [...waitsMs];
  for (const [index, ms] of waits.entries()) number(`waitsMs[${index}]`, ms);
  check(atEnd === 'stop' || atEnd === 'repeat-last', 'atEnd', atEnd, "'stop' or 'repeat-last'");
  const last = waits.at(-1);
  return restartable(function* () {
    yield* waits;
    if (atEnd === 'repeat-last' && last !== undefined) for (;;) yield last;
  });
}
