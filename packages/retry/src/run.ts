import { type Attempt, type AttemptLimit, RunningAttempt } from './attempt.js';
import type { ResolvedPolicy } from './policy.js';
import type { GiveUpReason } from './retry-info.js';
import { PolicySession } from './session.js';
import { pause } from './timer.js';
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

/** One for all calls without options, however many of them wait. */
export const noOptions: RetryOptions = {};

/** One course of attempts under a policy with promises and timers: what `retry` and `attempts` have in common. */
export class Run extends PolicySession {
  readonly #options: RetryOptions;
  #limit: AttemptLimit | undefined;

  constructor(policy: ResolvedPolicy, options: RetryOptions, startedAt: number) {
    super(policy, startedAt);
    this.#options = options;
  }

  /** Begins the next attempt, at `now` if it is not the first, or throws the reason of the abort. */
  start(now = 0): Attempt {
    const { attemptTimeout, clock, unref } = this.policy;
    const signal = this.#options.signal;
    if (signal?.aborted) this.fail();
    const elapsedMs = this.attempts && this.elapsedMs(now);
    const number = this.begin();
    this.#limit = attemptTimeout?.(number, signal, clock, unref);
    return new RunningAttempt(number, this.lastError, elapsedMs, this.#limit ? this.#limit.signal : signal);
  }

  /** Makes an attempt, for as long as it may take. */
  make<T>(operation: (attempt: Attempt) => T | PromiseLike<T>, attempt: Attempt): T | PromiseLike<T> {
    return untilAborted(operation(attempt), this.#limit ? this.#limit.raced : this.#options.signal);
  }

  /** Whether somebody is to be asked what comes after a failure, which may take its time. */
  get asks(): unknown {
    return this.policy.shouldRetry ?? this.policy.shouldRetryResult ?? this.#options.onRetry;
  }

  /** As {@link judge} of an attempt that threw, when there is nobody to ask. */
  decide(failure: unknown): number | GiveUpReason {
    try {
      this.settle(failure);
      return this.next(this.#nowForLimit());
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /**
   * What comes after an attempt has ended with `outcome`, which it `threw` or gave: the milliseconds to {@link pause} before
   * the next, or the reason why there is none; `undefined` if it was a success.
   */
  async judge(attempt: Attempt, outcome: unknown, threw: boolean): Promise<number | GiveUpReason | undefined> {
    const { retries, shouldRetry, shouldRetryResult } = this.policy;
    const signal = this.#options.signal;
    try {
      if (!threw && !(await untilAborted(shouldRetryResult?.(outcome, attempt), signal))) return;
      this.settle(outcome);
      if (
        threw &&
        shouldRetry &&
        attempt.number <= retries &&
        !(await untilAborted(shouldRetry(outcome, attempt), signal))
      ) {
        return 'not-retryable';
      }
      const delayMs = this.next(this.#nowForLimit());
      if (typeof delayMs === 'number' && this.#options.onRetry) {
        await untilAborted(this.#options.onRetry({ attempt, error: outcome, delayMs }), signal);
        // Asked again, since the callback may have taken its time.
        if (this.late(this.#nowForLimit(), delayMs)) return 'elapsed';
      }
      return delayMs;
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /** Waits until it is time for the next attempt, or until the abort, and gives the time it is then. */
  pause(ms: number): Promise<number> {
    return pause(this.policy, ms, this.#options.signal);
  }

  /** The reason, if `now` it has become too late for an attempt: a wait may take longer than it was to. */
  tooLate(now: number): GiveUpReason | undefined {
    return this.late(now, 0) ? 'elapsed' : undefined;
  }

  /** Lets go of everything. To be called once, on every path. */
  override end(): void {
    this.#limit?.end();
    super.end();
  }

  settle(failure: unknown): void {
    this.#limit?.end();
    this.failed(failure);
    this.#options.signal?.throwIfAborted();
  }

  /** Now, where a limit asks for it: reading a clock has its price. */
  #nowForLimit(): number {
    return this.policy.maxElapsedMs === Infinity ? 0 : this.policy.clock.now();
  }

  /** Ends with the reason of the abort, or else with what a callback threw. */
  fail(thrown?: unknown): never {
    const aborted = this.#options.signal?.aborted;
    const last = aborted ? this.#options.signal?.reason : thrown;
    this.conclude(last, aborted ? 'aborted' : 'callback-failed', this.policy.clock.now());
    throw last;
  }
}

/** Checks the options of a call. */
export function checkOptions({ onRetry }: RetryOptions): void {
  if (onRetry !== undefined) callable('onRetry', onRetry);
}
