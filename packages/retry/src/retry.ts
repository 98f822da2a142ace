import { RunningAttempt } from './attempt.js';
import { type ResolvedPolicy, type RetryPolicy, resolvePolicy } from './policy.js';
import { checkOptions, invoke, noOptions, type Operation, type RetryOptions, run, runUntilAborted } from './run.js';
import { PolicySession } from './session.js';
import { callable } from './validate.js';

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
export function retry<T>(
  operation: Operation<T>,
  policy: RetryPolicy<T> = {},
  options: RetryOptions = noOptions,
): Promise<T> {
  try {
    callable('operation', operation);
    const resolved = resolvePolicy(policy) as ResolvedPolicy;
    checkOptions(options);
    const { signal } = options;
    const startedAt = resolved.clock.now();
    if (signal) return runUntilAborted(operation, new PolicySession(resolved, startedAt), options, signal);
    if (resolved.attemptTimeout || resolved.budget || resolved.shouldRetryResult) {
      return run(operation, new PolicySession(resolved, startedAt), options);
    }
    // An operation that succeeds at once, as most do, needs nothing of all that.
    const attempt = new RunningAttempt(1, undefined, 0, undefined);
    return invoke(operation, attempt).then(undefined, (error: unknown) =>
      run(operation, new PolicySession(resolved, startedAt), options, undefined, attempt, error),
    );
  } catch (error) {
    return Promise.reject(error);
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
