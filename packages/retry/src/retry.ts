import type { Attempt, RunningAttempt } from './attempt.js';
import { type RetryPolicy, resolvePolicy } from './policy.js';
import { checkOptions, type RetryOptions, Run } from './run.js';
import { untilAborted } from './until-aborted.js';
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
 * Rejects with {@link RetryOptionTypeError} or {@link RetryOptionRangeError} for a policy that cannot be, before the
 * first attempt; and with {@link InvalidDelayError} if the backoff yields what is no delay.
 */
export async function retry<T>(
  operation: Operation<T>,
  policy: RetryPolicy = {},
  options: RetryOptions = {},
): Promise<T> {
  callable('operation', operation, 'a function that makes one attempt, as in retry(() => connect())');
  const run = new Run(resolvePolicy(policy), checkOptions(options));
  try {
    for (;;) {
      const attempt = run.begin();
      try {
        return await makeAttempt(operation, attempt);
      } catch (error) {
        await run.failed(attempt, error);
      }
    }
  } finally {
    run.end();
  }
}

function makeAttempt<T>(operation: Operation<T>, attempt: RunningAttempt): T | PromiseLike<T> {
  const signal = attempt.abortable;
  return signal === undefined ? operation(attempt) : untilAborted(operation(attempt), signal);
}
