import type { Clock } from './clock.js';

/** One try of an operation. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  /**
   * Aborts when the caller's signal does, and when the `attemptTimeout` has passed. Hand it to what the operation waits for.
   * Under an `attemptTimeout` it fires no more once the attempt has ended: what outlives that wants the caller's signal.
   */
  readonly signal: AbortSignal;
  /** What the attempt before failed with: its error, or its value that was refused. `undefined` in the first. */
  readonly lastError: unknown;
  /** From the start of the first attempt to the start of this one. */
  readonly elapsedMs: number;
}

/** The limit of an attempt under way. */
export interface AttemptLimit {
  /** Aborts when the attempt is out of time, and when the caller's signal does. */
  readonly signal: AbortSignal;
  /** `work` for as long as it is waited for: as it is, or cut off when the attempt is out of time. */
  race<T>(work: T | PromiseLike<T>): T | PromiseLike<T>;
  /** The attempt has ended: lets go of all timers and listeners. */
  end(): void;
}

/** Limits an attempt that begins; `timeLimit` makes these. */
export type AttemptTimeout = (
  attempt: number,
  signal: AbortSignal | undefined,
  clock: Clock,
  unref: boolean,
) => AttemptLimit;

/** An attempt under way. */
export class RunningAttempt implements Attempt {
  declare readonly number: number;
  declare readonly lastError: unknown;
  declare readonly elapsedMs: number;
  #signal: AbortSignal | undefined;

  constructor(number: number, lastError: unknown, elapsedMs: number, signal: AbortSignal | undefined) {
    this.number = number;
    this.lastError = lastError;
    this.elapsedMs = elapsedMs;
    this.#signal = signal;
  }

  get signal(): AbortSignal {
    // Most operations without a signal never ask for one.
    this.#signal ??= new AbortController().signal;
    return this.#signal;
  }
}
