import type { Attempt } from './attempt.js';
import { type ResolvedPolicy, type RetryPolicy, resolvePolicy } from './policy.js';
import { checkOptions, type RetryOptions, Run } from './run.js';

/** An attempt made by the body of a loop. */
export interface LoopAttempt extends Attempt {
  /** Says that this attempt has failed. A body that ends without saying so has succeeded, and the loop ends. */
  failed(error: unknown): void;
}

/**
 * The attempts of a policy, as a loop:
 *
 * ```ts
 * for await (const attempt of attempts(policy, { signal })) {
 *   try {
 *     return await connect(attempt.signal);
 *   } catch (error) {
 *     attempt.failed(error);
 *   }
 * }
 * ```
 *
 * The loop gives up by throwing the last error as it is, and ends an abort with `signal.reason`, as {@link retry} does.
 * It does not cut the body short: handing `attempt.signal` on is up to the body. Leaving the loop leaves no timer.
 *
 * @throws RetryOptionTypeError, RetryOptionRangeError for a policy that cannot be
 */
export function attempts(policy: RetryPolicy = {}, options: RetryOptions = {}): AsyncIterable<LoopAttempt> {
  const resolved = resolvePolicy(policy);
  checkOptions(options);
  return { [Symbol.asyncIterator]: () => loop(resolved, options) };
}

async function* loop(policy: ResolvedPolicy, options: RetryOptions): AsyncGenerator<LoopAttempt, void, void> {
  const run = new Run(policy, options);
  try {
    for (;;) {
      const attempt = run.begin();
      let failure: { readonly error: unknown } | undefined;
      yield {
        number: attempt.number,
        lastError: attempt.lastError,
        elapsedMs: attempt.elapsedMs,
        get signal() {
          return attempt.signal;
        },
        failed(error) {
          failure = { error };
        },
      };
      if (failure === undefined) return;
      await run.failed(attempt, failure.error);
    }
  } finally {
    run.end();
  }
}
