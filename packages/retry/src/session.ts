import { startBackoff } from './backoff.js';
import { RetryError } from './errors.js';
import { type ResolvedPolicy, type RetryPolicy, resolvePolicy } from './policy.js';
import { type GiveUpReason, rememberInfo } from './retry-info.js';

/** Kept of a run that may fail for days: the first failure, which often names the cause, and the most recent ones. */
const keptErrors = 8;

/**
 * One course of attempts as pure state: no promise, no timer, no clock of its own. Who holds it makes the attempts, tells
 * how they went and when, and waits as told. `retry`, `wrap` and `attempts` are made of it, and anything that has its own
 * way of waiting can be: a connection that comes back, an interceptor of requests, a simulation.
 *
 * `shouldRetry`, `shouldRetryResult` and `attemptTimeoutMs` are left to the holder; all other limits are kept here.
 *
 * ```ts
 * const session = createSession(policy, clock.now());
 * session.begin();
 * // … the attempt fails
 * session.failed(error);
 * const next = session.next(clock.now());
 * if (typeof next === 'string') session.conclude(error, next, clock.now()); // given up: `next` says why
 * else setTimeout(() => session.begin(), next);
 * // … on every path
 * session.end();
 * ```
 */
export interface Session {
  /** Attempts that were begun. */
  readonly attempts: number;
  /** What the last attempt that failed has failed with. */
  readonly lastError: unknown;
  /** Begins the next attempt and gives its number, 1 for the first. */
  begin(): number;
  /** The attempt under way has failed. */
  failed(failure: unknown): void;
  /**
   * After a failure: the milliseconds to wait before the next attempt, or the reason why there is none. `floorMs` is a wait
   * that the server asked for; what the policy's `retryAfter` gives counts as well, and the wait is never shorter.
   *
   * @throws RetryError if the backoff or `retryAfter` gave what is no delay, or whatever they threw
   */
  next(nowMs: number, floorMs?: number): number | GiveUpReason;
  /** The attempt under way has succeeded. */
  succeeded(): void;
  /** Ties the story so far to `thrown`, for `retryInfo` to tell. */
  conclude(thrown: unknown, reason: GiveUpReason, nowMs: number): void;
  /** Lets go of the backoff, and gives the budget back what it was charged for a retry that was not begun. For every path. */
  end(): void;
}

/**
 * Starts a course of attempts under a policy.
 *
 * @param nowMs now, on the clock that later times are of
 * @throws RetryError for a policy that cannot be
 */
export function createSession(policy: RetryPolicy, nowMs: number): Session {
  return new PolicySession(resolvePolicy(policy), nowMs);
}

/** The one {@link Session}, for policies that have been checked. */
export class PolicySession implements Session {
  declare readonly policy: ResolvedPolicy;
  declare readonly startedAt: number;
  attempts = 0;
  lastError: unknown;
  #errors: unknown[] | undefined;
  #failures = 0;
  #delays: Iterator<number, unknown, unknown> | undefined;
  #charged = false;

  constructor(policy: ResolvedPolicy, nowMs: number) {
    this.policy = policy;
    this.startedAt = nowMs;
  }

  begin(): number {
    if (!this.attempts) this.policy.budget?.called();
    this.#charged = false;
    return ++this.attempts;
  }

  failed(failure: unknown): void {
    // Most that fail do so once: only from the second on there is a list.
    if (this.#failures++) {
      this.#errors ??= [this.lastError];
      if (this.#errors.push(failure) > keptErrors) this.#errors.splice(1, 1);
    }
    this.lastError = failure;
  }

  next(nowMs: number, floorMs = 0): number | GiveUpReason {
    const { policy, attempts, lastError } = this;
    const { budget } = policy;
    budget?.failed();
    if (attempts > policy.retries) return 'retries';
    let delayMs: unknown = 0;
    // Hosts are tried in turn: what is waited for is a whole round of them.
    if (attempts % policy.hosts === 0) {
      this.#delays ??= startBackoff(policy.backoff, policy.random);
      const { done, value } = this.#delays.next(lastError);
      if (done) {
        // An iterator that has ended has closed itself.
        this.#delays = undefined;
        return 'backoff';
      }
      delayMs = value;
    }
    const askedMs = Math.max(floorMs, policy.retryAfter?.(lastError) ?? 0);
    if (askedMs > policy.maxRetryAfterMs) return 'retry-after';
    const longestMs = Math.max(delayMs as number, askedMs);
    // Written so that NaN is refused as well.
    if (!(typeof delayMs === 'number' && delayMs >= 0 && longestMs < Infinity)) {
      throw new RetryError('ERR_LEVERET_RETRY_DELAY', `The delay after attempt ${attempts} is no finite number`, {
        attempt: attempts,
        cause: lastError,
      });
    }
    if (this.late(nowMs, longestMs)) return 'elapsed';
    // Last, so that nothing is paid for a retry that another limit forbids.
    if (!budget) return longestMs;
    this.#charged = budget.withdraw();
    return this.#charged ? longestMs : 'budget';
  }

  /** Whether an attempt in `delayMs` would begin after `maxElapsedMs`. */
  late(nowMs: number, delayMs: number): boolean {
    return nowMs - this.startedAt + delayMs > this.policy.maxElapsedMs;
  }

  succeeded(): void {
    this.policy.budget?.succeeded();
  }

  conclude(thrown: unknown, reason: GiveUpReason, nowMs: number): void {
    const errors = Object.freeze(this.#errors?.slice() ?? (this.#failures ? [this.lastError] : []));
    rememberInfo(thrown, {
      reason,
      attempts: this.attempts,
      elapsedMs: nowMs - this.startedAt,
      errors,
      omitted: this.#failures - errors.length,
    });
  }

  end(): void {
    if (this.#charged) this.policy.budget?.refund();
    this.#charged = false;
    try {
      this.#delays?.return?.();
    } catch {
      // The outcome is known by now. A generator whose clean-up fails must not take its place.
    }
    this.#delays = undefined;
  }
}
