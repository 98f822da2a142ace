import { type Clock, systemClock } from './clock.js';
import { between, callable, check, number } from './validate.js';

/**
 * - `'closed'`: calls go through;
 * - `'open'`: calls are refused;
 * - `'half-open'`: the time is up, and the next call, or the one under way, is to show whether it works again.
 */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** Options of {@link createBreaker}. */
export interface BreakerOptions {
  /** How many of the last calls are looked at. It does not open before there were as many. Default 20. */
  readonly calls?: number | undefined;
  /** It opens when this share of them, or more, has failed: above 0, up to 1. Default 0.5. `{ calls: 5, ratio: 1 }` is five in a row. */
  readonly ratio?: number | undefined;
  /** How long calls are refused before one is let through to try. Default 10 000. */
  readonly openMs?: number | undefined;
  /** Whether an error counts, rather than being an answer of a server that is well. Default: every error does. */
  readonly isFailure?: ((error: unknown) => boolean) | undefined;
  /** Told of each change, before the call that made it goes on. It must not throw. */
  readonly onChange?: ((state: BreakerState) => void) | undefined;
  /** Where time comes from. Default {@link systemClock}. No timer is set. */
  readonly clock?: Clock | undefined;
}

/** Refuses calls to what has failed too often lately, for a while. One is shared by all who call the same thing. */
export interface Breaker {
  readonly state: BreakerState;
  /**
   * Calls `operation` and gives what becomes of it; rejects with a {@link BreakerOpenError} instead while open. An error
   * that comes when `signal` has aborted says nothing of the server, and does not count.
   */
  run<T>(operation: () => T | PromiseLike<T>, signal?: AbortSignal): Promise<T>;
}

/** A call was refused by an open breaker, and not made. */
export class BreakerOpenError extends Error {
  readonly code = 'ERR_LEVERET_RETRY_BREAKER_OPEN';
  /** How long it will refuse calls yet. The `retryAfter` of a policy can wait for that. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super('The call was not made: too many calls before it have failed.');
    this.name = 'BreakerOpenError';
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * A circuit breaker. It counts calls, not time, so that a quiet service is judged as a busy one is. Of the calls that were
 * begun before it opened, none that ends later closes it or keeps it open. If the call that is let through neither
 * succeeds nor fails within another `openMs`, the next one is let through beside it.
 *
 * @throws RetryError for options that cannot be
 */
export function createBreaker(options: BreakerOptions = {}): Breaker {
  const { calls = 20, ratio = 0.5, openMs = 10_000, isFailure = () => true, onChange, clock = systemClock } = options;
  number('calls', calls, 1);
  check(calls % 1 === 0, 'calls', calls, 'a whole number');
  between('ratio', ratio, Number.MIN_VALUE, 1);
  number('openMs', openMs);
  callable('isFailure', isFailure);
  /** Whether each of the last calls failed, the oldest first. */
  let outcomes: boolean[] = [];
  let failures = 0;
  /** The time from which a call is let through; `undefined` while closed. */
  let tryAt: number | undefined;
  let trying = false;
  /** Changes with the state, so that a call can tell that it began in another. */
  let era = 0;

  const enter = (state: BreakerState): void => {
    // While half-open one call may take the place of another.
    const changed = state !== 'half-open' || !trying;
    era++;
    outcomes = [];
    failures = 0;
    trying = state === 'half-open';
    tryAt = state === 'closed' ? undefined : clock.now() + openMs;
    if (changed) onChange?.(state);
  };

  const ended = (failed: boolean, begunIn: number): void => {
    if (begunIn !== era) return;
    if (trying) {
      enter(failed ? 'open' : 'closed');
      return;
    }
    outcomes.push(failed);
    if (failed) failures++;
    if (outcomes.length > calls && outcomes.shift()) failures--;
    if (outcomes.length >= calls && failures >= ratio * calls) enter('open');
  };

  return {
    get state() {
      if (tryAt === undefined) return 'closed';
      return trying || clock.now() >= tryAt ? 'half-open' : 'open';
    },
    async run(operation, signal) {
      if (tryAt !== undefined) {
        const leftMs = tryAt - clock.now();
        if (leftMs > 0) throw new BreakerOpenError(leftMs);
        enter('half-open');
      }
      const begunIn = era;
      try {
        const value = await operation();
        ended(false, begunIn);
        return value;
      } catch (error) {
        if (!signal?.aborted) ended(isFailure(error), begunIn);
        // It was to show something, and did not: the next one may.
        else if (trying && begunIn === era) tryAt = clock.now();
        throw error;
      }
    },
  };
}
