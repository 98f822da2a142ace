import { type Attempt, type AttemptLimit, RunningAttempt } from './attempt.js';
import type { ResolvedPolicy } from './policy.js';
import type { GiveUpReason } from './retry-info.js';
import { PolicySession } from './session.js';
import { startTimer } from './timer.js';
import { untilAborted } from './until-aborted.js';
import { callable } from './validate.js';

/** A retry that is about to be waited for. */
export interface RetryEvent {
  /** The attempt that failed. */
  readonly attempt: Attempt;
  /** What it failed with: its error, or its value that was refused. */
  readonly error: unknown;
  /** The wait before the next one. */
  readonly delayMs: number;
}

/** What belongs to one call rather than to the policy. */
export interface RetryOptions {
  /**
   * Ends everything at once: the wait, the running attempt and the asking of `shouldRetry`. What is thrown is
   * `signal.reason`, untouched, and no further attempt begins.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told before each wait, and waited for if it returns a promise. If it throws, retrying ends with what it threw: a fault
   * in a callback is one to be seen.
   */
  readonly onRetry?: ((event: RetryEvent) => void | PromiseLike<void>) | undefined;
}

/** One course of attempts under a policy with promises and timers: what `retry` and `attempts` have in common. */
export class Run extends PolicySession {
  readonly #signal: AbortSignal | undefined;
  readonly #onRetry: RetryOptions['onRetry'];
  #limit: AttemptLimit | undefined;

  constructor(policy: ResolvedPolicy, { signal, onRetry }: RetryOptions) {
    if (onRetry !== undefined) callable('onRetry', onRetry);
    super(policy, policy.clock.now());
    this.#signal = signal;
    this.#onRetry = onRetry;
  }

  /** Begins the next attempt, or throws the reason of the abort. */
  start(): Attempt {
    const { attemptTimeout, clock, unref } = this.policy;
    const signal = this.#signal;
    if (signal?.aborted) this.#throw();
    const elapsedMs = this.attempts && this.elapsedMs(clock.now());
    const number = this.begin();
    this.#limit = attemptTimeout?.(number, signal, clock, unref);
    return new RunningAttempt(number, this.lastError, elapsedMs, this.#limit ? this.#limit.signal : signal);
  }

  /** Makes an attempt, for as long as it may take. */
  make<T>(operation: (attempt: Attempt) => T | PromiseLike<T>, attempt: Attempt): T | PromiseLike<T> {
    return untilAborted(operation(attempt), this.#limit ? this.#limit.raced : this.#signal);
  }

  /**
   * What comes after an attempt has ended with `outcome`, which it `threw` or gave: the milliseconds to {@link pause} before
   * the next, or the reason why there is none; `undefined` if it was a success.
   */
  async judge(attempt: Attempt, outcome: unknown, threw: boolean): Promise<number | GiveUpReason | undefined> {
    const { clock, retries, shouldRetry, shouldRetryResult } = this.policy;
    const signal = this.#signal;
    try {
      if (!threw && !(await untilAborted(shouldRetryResult?.(outcome, attempt), signal))) return;
      this.#limit?.end();
      this.failed(outcome);
      signal?.throwIfAborted();
      if (
        threw &&
        shouldRetry &&
        attempt.number <= retries &&
        !(await untilAborted(shouldRetry(outcome, attempt), signal))
      ) {
        return 'not-retryable';
      }
      const delayMs = this.next(clock.now());
      if (typeof delayMs === 'number' && this.#onRetry) {
        await untilAborted(this.#onRetry({ attempt, error: outcome, delayMs }), signal);
        // Asked again, since the callback may have taken its time.
        if (this.late(clock.now(), delayMs)) return 'elapsed';
      }
      return delayMs;
    } catch (thrown) {
      this.#throw(thrown);
    }
  }

  /** Waits until it is time for the next attempt, or until the abort; gives the reason if it has become too late for one. */
  pause(ms: number): Promise<GiveUpReason | undefined> {
    const { clock, unref } = this.policy;
    return new Promise((resolve) => {
      startTimer(clock, ms, unref, () => resolve(this.late(clock.now(), 0) ? 'elapsed' : undefined), this.#signal);
    });
  }

  /** Lets go of everything. To be called once, on every path. */
  override end(): void {
    this.#limit?.end();
    super.end();
  }

  /** Ends with the reason of the abort, or else with what a callback threw. */
  #throw(thrown?: unknown): never {
    const aborted = this.#signal?.aborted;
    const last = aborted ? this.#signal?.reason : thrown;
    this.conclude(last, aborted ? 'aborted' : 'callback-failed', this.policy.clock.now());
    throw last;
  }
}
