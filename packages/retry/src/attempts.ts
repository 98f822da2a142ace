import type { Attempt } from './attempt.js';
import { type RetryPolicy, resolvePolicy } from './policy.js';
import { retry } from './retry.js';
import { checkOptions, noOptions, type RetryOptions } from './run.js';

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
  const { attemptTimeout } = resolved;
  // A body cannot be cut off: what it has, and when, is waited for.
  const patient = resolvePolicy({
    ...resolved,
    shouldRetryResult: undefined,
    attemptTimeout: attemptTimeout && ((...about) => ({ ...attemptTimeout(...about), race: (body) => body })),
  });
  return { [Symbol.asyncIterator]: () => loop(patient, options) };
}

async function* loop(policy: RetryPolicy, options: RetryOptions): AsyncGenerator<LoopAttempt, void, void> {
  let handOver!: (attempt: Attempt) => void;
  let giveUp!: (error: unknown) => void;
  let end: (failure?: Promise<never>) => void = () => {};
  const attempt = (): Promise<Attempt> =>
    new Promise((resolve, reject) => {
      handOver = resolve;
      giveUp = reject;
    });
  let next = attempt();
  const over = retry(
    (made) =>
      new Promise<void>((resolve) => {
        end = resolve;
        handOver(made);
      }),
    policy,
    options,
  ).catch((error) => giveUp(error));
  try {
    for (;;) {
      const current = (await next) as { -readonly [K in keyof LoopAttempt]: LoopAttempt[K] };
      next = attempt();
      // An abort while the body is under way is told when that asks for the next attempt.
      next.catch(() => {});
      let failure: Promise<never> | undefined;
      current.failed = (error) => {
        failure = Promise.reject(error);
        failure.catch(() => {});
      };
      yield current;
      if (!failure) return;
      end(failure);
    }
  } finally {
    end();
    await over;
  }
}
