import type { Budget } from './budget-rules.js';
import { type Clock, systemClock } from './clock.js';
import { startTimer } from './timer.js';
import { check, iterable } from './validate.js';

/** One of the attempts of {@link hedge}. */
export interface HedgeAttempt {
  /** 1 for the first. */
  readonly number: number;
  /** Aborts when the caller's signal does, and, with an `AbortError`, when another attempt has succeeded. Of the one that succeeds it fires no more. */
  readonly signal: AbortSignal;
}

/** Options of {@link hedge}. */
export interface HedgeOptions {
  /** Ends all attempts. What is thrown is `signal.reason`, untouched. */
  readonly signal?: AbortSignal | undefined;
  /** Whether an error is the answer, so that no other attempt would do better. Default: never. It must not throw. */
  readonly isFinal?: ((error: unknown) => boolean) | undefined;
  /** What calls that share it may spend on further attempts together. Default: no limit. */
  readonly budget?: Budget | undefined;
  /** Where time comes from. Default {@link systemClock}. */
  readonly clock?: Clock | undefined;
  /** True lets the process exit while only the timer of this is left. Default false. */
  readonly unref?: boolean | undefined;
}

/**
 * Makes a second attempt beside the first when that is slow, and gives what succeeds first. For what may be done twice.
 *
 * `delays` are the waits before each further attempt, in milliseconds: `[50]` is a second attempt after 50 ms, `[50, 50]` a
 * third as well. An attempt that fails is followed by the next at once. When one succeeds the others are aborted; when all
 * have failed the last error is thrown as it is.
 *
 * Rejects with {@link RetryError} for arguments that cannot be.
 */
export function hedge<T>(
  operation: (attempt: HedgeAttempt) => T | PromiseLike<T>,
  delays: Iterable<number>,
  options: HedgeOptions = {},
): Promise<T> {
  const { signal, isFinal, budget, clock = systemClock, unref = false } = options;
  return new Promise<T>((resolve, reject) => {
    iterable('delays', delays);
    signal?.throwIfAborted();
    const waits = delays[Symbol.iterator]();
    const running = new Set<AbortController>();
    let begun = 0;
    let more = true;
    let cancel: (() => void) | undefined;

    const end = (reason?: unknown): void => {
      more = false;
      cancel?.();
      signal?.removeEventListener('abort', onAbort);
      waits.return?.();
      for (const attempt of running) attempt.abort(reason);
      running.clear();
    };
    const stop = (error: unknown): void => {
      reject(error);
      end(error);
    };
    const onAbort = (): void => stop(signal?.reason);
    const failed = (attempt: AbortController, error: unknown): void => {
      // Not among them: it was aborted, and all is over.
      if (!running.delete(attempt)) return;
      budget?.failed();
      const final = isFinal?.(error);
      if (more && !final) further();
      if (final || running.size === 0) stop(error);
    };
    const begin = (): void => {
      const attempt = new AbortController();
      running.add(attempt);
      try {
        const next = waits.next();
        more = !next.done;
        if (!next.done) {
          const ms: number = next.value;
          check(ms >= 0 && ms < Infinity, 'delays', ms, 'milliseconds');
          cancel = startTimer(clock, ms, unref, further);
        }
      } catch (error) {
        // It may be a timer that has called.
        stop(error);
        return;
      }
      new Promise<T>((done) => done(operation({ number: ++begun, signal: attempt.signal }))).then(
        (value) => {
          if (!running.delete(attempt)) return;
          budget?.succeeded();
          resolve(value);
          end();
        },
        (error: unknown) => failed(attempt, error),
      );
    };
    const further = (): void => {
      cancel?.();
      more = budget?.withdraw() ?? true;
      if (more) begin();
    };

    signal?.addEventListener('abort', onAbort);
    budget?.called();
    begin();
  });
}
