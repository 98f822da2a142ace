import { type Attempt, type AttemptLimit, RunningAttempt } from './attempt.js';
import type { ResolvedPolicy } from './policy.js';
import type { GiveUpReason } from './retry-info.js';
import type { PolicySession } from './session.js';
import { longestTimerMs } from './timer.js';
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

/** What is to succeed. It is called once per attempt, and may be synchronous. */
export type Operation<T> = (attempt: Attempt) => T | PromiseLike<T>;

/** Calls an operation: whatever it gives or throws, a promise of it. */
export function invoke<T>(operation: Operation<T>, attempt: Attempt, limit?: AttemptLimit): Promise<T> {
  try {
    const work = operation(attempt);
    return Promise.resolve(limit ? limit.race(work) : work);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** What an abort takes back while it is waited for. */
interface Waiting {
  timer?: unknown;
}

/**
 * Makes attempts until there is an outcome. An `attempt` that was made before, and has failed with `error`, is taken for the
 * first. Of an abort it only takes note: {@link runUntilAborted} ends at once.
 */
export async function run<T>(
  operation: Operation<T>,
  session: PolicySession,
  options: RetryOptions,
  waiting?: Waiting,
  attempt?: Attempt,
  error?: unknown,
): Promise<T> {
  const { policy } = session;
  let now = session.startedAt;
  let next: number | GiveUpReason | undefined;
  try {
    for (;;) {
      session.begin();
      let threw = true;
      let outcome = error;
      if (!attempt) {
        const limit = policy.attemptTimeout?.(session.attempts, options.signal, policy.clock, policy.unref);
        attempt = new RunningAttempt(
          session.attempts,
          session.lastError,
          now - session.startedAt,
          limit ? limit.signal : options.signal,
        );
        try {
          outcome = await invoke(operation, attempt, limit);
          threw = false;
        } catch (thrown) {
          outcome = thrown;
        }
        limit?.end();
      }
      next = undefined;
      options.signal?.throwIfAborted();
      if (policy.shouldRetryResult || (threw && (policy.shouldRetry || options.onRetry))) {
        next = await judge(session, options, attempt, outcome, threw);
        now = policy.clock.now();
      } else if (threw) {
        session.failed(outcome);
        now = policy.clock.now();
        next = session.next(now);
      }
      if (next === undefined) {
        session.succeeded();
        session.end();
        return outcome as T;
      }
      // Nothing that is not needed is held while waiting.
      attempt = undefined;
      error = undefined;
      if (typeof next === 'number') {
        const dueAt = now + next;
        do {
          // It goes round for timers that fire early (Node rounds its loop time down), and for long waits, which come in chunks.
          await timer(policy, dueAt - now, waiting);
          now = policy.clock.now();
        } while (now < dueAt);
        // A wait may take longer than it was to.
        if (!session.late(now, 0)) continue;
        next = 'elapsed';
      }
      if (threw) throw outcome;
      session.conclude(outcome, next, policy.clock.now());
      session.end();
      return outcome as T;
    }
  } catch (thrown) {
    // Without a reason to give up it was a callback that threw; of an abort all is told already.
    const reason = typeof next === 'string' ? next : 'callback-failed';
    if (!options.signal?.aborted) session.conclude(thrown, reason, policy.clock.now());
    session.end();
    throw thrown;
  }
}

// A function of its own, so that the loop has no variables to share with another: while it waits they would be memory.
function timer({ clock, unref }: ResolvedPolicy, ms: number, waiting: Waiting | undefined): Promise<void> {
  return new Promise((resolve) => {
    const handle = clock.setTimer(resolve, Math.min(ms, longestTimerMs), unref);
    if (waiting) waiting.timer = handle;
  });
}

/**
 * What comes after an attempt has ended with `outcome`, if somebody is to be asked, who may take his time: the milliseconds to
 * wait before the next, or the reason why there is none; `undefined` if it was a success.
 */
async function judge(
  session: PolicySession,
  { signal, onRetry }: RetryOptions,
  attempt: Attempt,
  outcome: unknown,
  threw: boolean,
): Promise<number | GiveUpReason | undefined> {
  const { clock, retries, shouldRetry, shouldRetryResult } = session.policy;
  if (!threw && !(await shouldRetryResult?.(outcome, attempt))) {
    signal?.throwIfAborted();
    return undefined;
  }
  session.failed(outcome);
  const refused = threw && shouldRetry && attempt.number <= retries && !(await shouldRetry(outcome, attempt));
  signal?.throwIfAborted();
  if (refused) return 'not-retryable';
  const next = session.next(clock.now());
  if (!onRetry || typeof next === 'string') return next;
  await onRetry({ attempt, error: outcome, delayMs: next });
  signal?.throwIfAborted();
  // Asked again, since the callback may have taken its time.
  return session.late(clock.now(), next) ? 'elapsed' : next;
}

/** As {@link run}, but an abort ends it at once, whatever it waits for. */
export function runUntilAborted<T>(
  operation: Operation<T>,
  session: PolicySession,
  options: RetryOptions,
  signal: AbortSignal,
): Promise<T> {
  const { clock } = session.policy;
  const waiting: Waiting = {};
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      session.conclude(signal.reason, 'aborted', clock.now());
      if (waiting.timer !== undefined) clock.clearTimer(waiting.timer);
      session.end();
      reject(signal.reason);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    run(operation, session, options, waiting)
      .finally(() => signal.removeEventListener('abort', onAbort))
      .then(resolve, reject);
  });
}

/** Checks the options of a call. */
export function checkOptions({ onRetry }: RetryOptions): void {
  if (onRetry !== undefined) callable('onRetry', onRetry);
}
