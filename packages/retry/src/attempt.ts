import type { Clock } from './clock.js';
import { AttemptTimeoutError } from './errors.js';
import { startTimer } from './timer.js';

/** One try of an operation. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  /**
   * Aborts when the caller's signal does, and when `attemptTimeoutMs` has passed. Hand it to what the operation waits for.
   * Under an `attemptTimeoutMs` it fires no more once the attempt has ended: what outlives that wants the caller's signal.
   */
  readonly signal: AbortSignal;
  /** What the attempt before failed with; `undefined` in the first. */
  readonly lastError: unknown;
  /** From the start of the first attempt to the start of this one. */
  readonly elapsedMs: number;
}

/** What an attempt is made of. */
export interface AttemptFacts {
  readonly number: number;
  readonly lastError: unknown;
  readonly elapsedMs: number;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly unref: boolean;
}

/** An attempt under way. `end()` lets go of its timer and its listener. */
export class RunningAttempt implements Attempt {
  readonly number: number;
  readonly lastError: unknown;
  readonly elapsedMs: number;
  #signal: AbortSignal | undefined;
  #release: (() => void) | undefined;

  constructor(facts: AttemptFacts) {
    this.number = facts.number;
    this.lastError = facts.lastError;
    this.elapsedMs = facts.elapsedMs;
    this.#signal = facts.signal;
    if (facts.timeoutMs !== Number.POSITIVE_INFINITY) this.#limit(facts);
  }

  get signal(): AbortSignal {
    // Most operations without a signal never ask for one.
    this.#signal ??= new AbortController().signal;
    return this.#signal;
  }

  /** The signal that may fire, or `undefined` if nothing can abort this attempt. */
  get abortable(): AbortSignal | undefined {
    return this.#signal;
  }

  end(): void {
    this.#release?.();
    this.#release = undefined;
  }

  #limit({ number, signal, timeoutMs, clock, unref }: AttemptFacts): void {
    // Not AbortSignal.any: what that leaves on a long-lived signal cannot be taken back.
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal?.reason);
    const cancel = startTimer(clock, timeoutMs, unref, () =>
      controller.abort(new AttemptTimeoutError(number, timeoutMs)),
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#signal = controller.signal;
    this.#release = () => {
      cancel();
      signal?.removeEventListener('abort', onAbort);
    };
  }
}
