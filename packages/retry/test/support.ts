import type { Clock } from '../src/index.js';

/** An operation that fails `failures` times, then gives `'done'`; it notes when it was called. */
export function failing(failures: number, clock: Clock): { operation: () => string; calledAt: number[] } {
  const calledAt: number[] = [];
  return {
    calledAt,
    operation: () => {
      calledAt.push(clock.now());
      if (calledAt.length <= failures) throw new Error(`failure ${calledAt.length}`);
      return 'done';
    },
  };
}

/** The first `n` delays of one session. */
export function first(n: number, backoff: Iterable<number>): number[] {
  const delays: number[] = [];
  if (n === 0) return delays;
  for (const delayMs of backoff) {
    delays.push(delayMs);
    if (delays.length === n) break;
  }
  return delays;
}

/** What `work` was rejected with, whatever that is. */
export async function rejection(work: PromiseLike<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('It was to be rejected, and was fulfilled.');
}

/** What `fn` threw. */
export function thrownBy(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error('It was to throw, and returned.');
}

export { seededRandom as seeded } from '../src/testing.js';
