import { type Attempt, RunningAttempt } from './attempt.js';
import { InvalidDelayError } from './errors.js';
import { History } from './history.js';
import type { ResolvedPolicy } from './policy.js';
import { type GiveUpReason, rememberInfo } from './retry-info.js';
import { sleep } from './sleep.js';
import { untilAborted } from './until-aborted.js';
import { callable, options } from './validate.js';

/** A retry that is about to be waited for. */
export interface RetryEvent {
  /** The attempt that failed. */
  readonly attempt: Attempt;
  /** What it failed with. */
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

type Verdict = { readonly delayMs: number } | { readonly giveUp: GiveUpReason };

/** One course of attempts under a policy: what `retry` and `attempts` have in common. */
export class Run {
  readonly #policy: ResolvedPolicy;
  readonly #signal: AbortSignal | undefined;
  readonly #onRetry: RetryOptions['onRetry'];
  readonly #startedAt: number;
  readonly #history: History = new History();
  #delays: Iterator<number> | undefined;
  #attempts = 0;
  #attempt: RunningAttempt | undefined;
  #lastError: unknown;

  constructor(policy: ResolvedPolicy, { signal, onRetry }: RetryOptions) {
    this.#policy = policy;
    this.#signal = signal;
    this.#onRetry = onRetry;
    this.#startedAt = policy.clock.now();
  }

  /** Begins the next attempt, or throws the reason of the abort. */
  begin(): RunningAttempt {
    const signal = this.#signal;
    if (signal?.aborted) this.#giveUp('aborted', signal.reason);
    const { attemptTimeoutMs, clock, unref } = this.#policy;
    this.#attempt = new RunningAttempt({
      number: ++this.#attempts,
      lastError: this.#lastError,
      elapsedMs: this.#attempts === 1 ? 0 : this.#elapsedMs(),
      signal,
      timeoutMs: attemptTimeoutMs,
      clock,
      unref,
    });
    return this.#attempt;
  }

  /** Resolves when it is time for the next attempt, or throws what the whole run ends with. */
  async failed(attempt: RunningAttempt, error: unknown): Promise<void> {
    attempt.end();
    this.#lastError = error;
    this.#history.add(error);
    let verdict: Verdict;
    try {
      verdict = await this.#waitForTurn(attempt, error);
    } catch (thrown) {
      if (this.#signal?.aborted) this.#giveUp('aborted', this.#signal.reason);
      this.#giveUp('callback-failed', thrown);
    }
    if ('giveUp' in verdict) this.#giveUp(verdict.giveUp, error);
  }

  /** Lets go of everything. To be called once, on every path. */
  end(): void {
    this.#attempt?.end();
    try {
      this.#delays?.return?.();
    } catch {
      // The outcome is known by now. A generator whose clean-up fails must not take its place.
    }
  }

  async #waitForTurn(attempt: Attempt, error: unknown): Promise<Verdict> {
    this.#signal?.throwIfAborted();
    const verdict = await this.#judge(attempt, error);
    if ('giveUp' in verdict) return verdict;
    const { delayMs } = verdict;
    if (this.#onRetry !== undefined) await this.#heed(this.#onRetry({ attempt, error, delayMs }));
    // Asked again, since the callback may have taken its time.
    if (this.#wouldBeLate(delayMs)) return { giveUp: 'elapsed' };
    const { clock, unref } = this.#policy;
    await sleep(delayMs, { signal: this.#signal, clock, unref });
    return this.#wouldBeLate(0) ? { giveUp: 'elapsed' } : verdict;
  }

  async #judge(attempt: Attempt, error: unknown): Promise<Verdict> {
    const { retries, shouldRetry, backoff } = this.#policy;
    if (attempt.number > retries) return { giveUp: 'retries' };
    if (shouldRetry !== undefined && !(await this.#heed(shouldRetry(error, attempt))))
      return { giveUp: 'not-retryable' };
    this.#delays ??= backoff[Symbol.iterator]();
    const next = this.#delays.next();
    if (next.done) {
      // An iterator that has ended has closed itself.
      this.#delays = undefined;
      return { giveUp: 'backoff' };
    }
    const delayMs: unknown = next.value;
    if (typeof delayMs !== 'number' || !Number.isFinite(delayMs) || delayMs < 0) {
      throw new InvalidDelayError(attempt.number, delayMs, error);
    }
    return this.#wouldBeLate(delayMs) ? { giveUp: 'elapsed' } : { delayMs };
  }

  /** The answer of a callback, or the abort if that comes first. */
  #heed<T>(answer: T | PromiseLike<T>): T | PromiseLike<T> {
    return this.#signal === undefined ? answer : untilAborted(answer, this.#signal);
  }

  #wouldBeLate(delayMs: number): boolean {
    const { maxElapsedMs } = this.#policy;
    return maxElapsedMs !== Number.POSITIVE_INFINITY && this.#elapsedMs() + delayMs > maxElapsedMs;
  }

  #elapsedMs(): number {
    return this.#policy.clock.now() - this.#startedAt;
  }

  #giveUp(reason: GiveUpReason, thrown: unknown): never {
    const { errors, omitted } = this.#history;
    rememberInfo(thrown, { reason, attempts: this.#attempts, elapsedMs: this.#elapsedMs(), errors, omitted });
    throw thrown;
  }
}

/** Checks the options of a call. */
export function checkOptions(given: RetryOptions): RetryOptions {
  const { onRetry } = options('options', given, '{ signal }');
  if (onRetry !== undefined) callable('onRetry', onRetry, 'a function of the event, or leave it out');
  return given;
}
