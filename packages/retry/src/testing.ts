import type { Clock } from './clock.js';

/** Options of {@link VirtualClock}. */
export interface VirtualClockOptions {
  /** What `now()` starts from. Default 0. */
  readonly startMs?: number | undefined;
}

interface Timer {
  readonly dueAt: number;
  readonly fn: () => void;
}

/**
 * A clock that stands still until it is told to advance: tests that wait for days end at once. Timers fire in the order
 * in which they are due, those due together in the order in which they were set, and promises settle in between.
 */
export class VirtualClock implements Clock {
  readonly #timers = new Map<number, Timer>();
  #now: number;
  #lastHandle = 0;

  constructor({ startMs = 0 }: VirtualClockOptions = {}) {
    this.#now = startMs;
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  setTimer(fn: () => void, ms: number, _unref: boolean): unknown {
    const handle = ++this.#lastHandle;
    this.#timers.set(handle, { fn, dueAt: this.#now + Math.max(0, ms) });
    return handle;
  }

  clearTimer(handle: unknown): void {
    this.#timers.delete(handle as number);
  }

  /** Lets `ms` milliseconds pass, with all that happens in them. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    while (this.#fireNext(until)) await settle();
    this.#now = until;
  }

  /**
   * Lets time pass until `work` settles, and gives its outcome.
   *
   * Rejects with an Error if no timer is left and `work` is still pending: it waits for something that is not time.
   */
  async run<T>(work: PromiseLike<T>): Promise<T> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    work.then(done, done);
    for (;;) {
      await settle();
      if (settled) return work;
      if (!this.#fireNext(Number.POSITIVE_INFINITY)) {
        throw new Error('The work is still pending, and no timer is set on the virtual clock that could end it.');
      }
    }
  }

  #fireNext(until: number): boolean {
    let first: [handle: number, timer: Timer] | undefined;
    for (const entry of this.#timers) {
      if (first === undefined || entry[1].dueAt < first[1].dueAt) first = entry;
    }
    if (first === undefined || first[1].dueAt > until) return false;
    this.#timers.delete(first[0]);
    this.#now = first[1].dueAt;
    first[1].fn();
    return true;
  }
}

// Taken at load, so that fake timers installed later cannot stop this clock.
const { setImmediate: immediate, setTimeout: timeout } = globalThis;

/** Resolves when all promises that can settle without a timer have done so. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof immediate === 'function') immediate(resolve);
    else timeout(resolve, 0);
  });
}

/** Chance that can be repeated: the same numbers in [0, 1) for the same seed (mulberry32). Not for secrets. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
