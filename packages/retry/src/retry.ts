import { type Attempt, RunningAttempt } from './attempt.js';
import { type ResolvedPolicy, type RetryPolicy, resolvePolicy } from './policy.js';
import { checkOptions, noOptions, type RetryOptions, Run } from './run.js';
import { callable } from './validate.js';

/** What is to succeed. It is called once per attempt, and may be synchronous. */
export type Operation<T> = (attempt: Attempt) => T | PromiseLike<T>;

/**
 * Calls `operation` until it succeeds, and gives back what it gave.
 *
 * It gives up by throwing the last error as it is: the same object, or whatever it was that was thrown.
 * {@link retryInfo} tells what went before. An abort throws `signal.reason` at once. An operation whose signal has
 * fired is not waited for: if it does not heed the signal it goes on unheard.
 *
 * Rejects with {@link RetryError} for a policy that cannot be, before the first attempt, and if the
 * backoff yields what is no delay.
 */
export async function retry<T>(
  operation: Operation<T>,
  policy: RetryPolicy<T> = {},
  options: RetryOptions = noOptions,
): Promise<T> {
  callable('operation', operation);
  const resolved = resolvePolicy(policy);
  checkOptions(options);
  let now = resolved.clock.now();
  // An operation that succeeds at once, as most do, needs little of all this.
  let run =
    options.signal || resolved.attemptTimeout || resolved.budget
      ? new Run(resolved as ResolvedPolicy, options, now)
      : undefined;
  try {
    for (;;) {
      let attempt: Attempt | undefined = run ? run.start(now) : new RunningAttempt(1, undefined, 0, undefined);
      let threw = false;
      let outcome: unknown;
      try {
        outcome = await (run ? run.make(operation, attempt) : operation(attempt));
      } catch (error) {
        threw = true;
        outcome = error;
      }
      if (!threw && !resolved.shouldRetryResult) {
        run?.succeeded();
        return outcome as T;
      }
      if (!run) {
        run = new Run(resolved as ResolvedPolicy, options, now);
        run.begin();
      }
      let next = run.asks ? await run.judge(attempt, outcome, threw) : run.decide(outcome);
      // Nothing that is not needed is held while waiting.
      attempt = undefined;
      if (next === undefined) {
        run.succeeded();
        return outcome as T;
      }
      if (typeof next === 'number') {
        now = await run.pause(next);
        next = run.tooLate(now);
      }
      if (next) {
        run.conclude(outcome, next, resolved.clock.now());
        if (threw) throw outcome;
        return outcome as T;
      }
    }
  } finally {
    run?.end();
  }
}

/**
 * `operation` as a function that retries: it takes the same arguments, and its `this` is passed on.
 *
 * @throws RetryError for a policy that cannot be
 */
export function wrap<This, A extends unknown[], T>(
  operation: (this: This, ...args: A) => T | PromiseLike<T>,
  policy: RetryPolicy<T> = {},
  options: RetryOptions = noOptions,
): (this: This, ...args: A) => Promise<T> {
  callable('operation', operation);
  const resolved = resolvePolicy(policy);
  return function (...args) {
    return retry(() => operation.apply(this, args), resolved, options);
  };
}
