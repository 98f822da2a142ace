import type { Attempt } from './attempt.js';
import { type RetryPolicy, resolvePolicy } from './policy.js';
import type { GiveUpReason } from './retry-info.js';
import { checkOptions, noOptions, type RetryOptions, Run } from './run.js';

/** An attempt made by the body of a loop. */
export interface LoopAttempt extends Attempt {
  /** Says that this attempt has failed. A body that ends without saying so has succeeded, and the loop ends. */
  failed: (error: unknown) => void;
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
 * @throws RetryError for a policy that cannot be
 */
export function attempts(policy: RetryPolicy = {}, options: RetryOptions = noOptions): AsyncIterable<LoopAttempt> {
  const resolved = resolvePolicy(policy);
  checkOptions(options);
  return { [Symbol.asyncIterator]: () => loop(new Run(resolved, options, resolved.clock.now())) };
}

async function* loop(run: Run): AsyncGenerator<LoopAttempt, void, void> {
  let now = 0;
  try {
    for (;;) {
      const attempt = run.start(now) as { -readonly [K in keyof LoopAttempt]: LoopAttempt[K] };
      let failed = false;
      let failure: unknown;
      attempt.failed = (error) => {
        failed = true;
        failure = error;
      };
      yield attempt;
      if (!failed) return run.succeeded();
      const next = await run.judge(attempt, failure, true);
      let reason: GiveUpReason | undefined;
      if (typeof next === 'number') {
        now = await run.pause(next);
        reason = run.tooLate(now);
      } else reason = next;
      if (reason) {
        run.conclude(failure, reason, run.policy.clock.now());
        throw failure;
      }
    }
  } finally {
    run.end();
  }
}
