/**
 * Why retrying ended:
 * - `'retries'`: as many retries as the policy allows have failed;
 * - `'backoff'`: the backoff has come to its end;
 * - `'elapsed'`: the next attempt would have begun after `maxElapsedMs`;
 * - `'not-retryable'`: `shouldRetry` said no;
 * - `'aborted'`: the caller's signal aborted, and what was thrown is its reason;
 * - `'callback-failed'`: `shouldRetry`, `onRetry` or the backoff threw, and what was thrown is theirs.
 */
export type GiveUpReason = 'retries' | 'backoff' | 'elapsed' | 'not-retryable' | 'aborted' | 'callback-failed';

/** The story behind an error that ended a retry. */
export interface RetryInfo {
  readonly reason: GiveUpReason;
  /** Attempts that were begun. 0 if the signal had aborted before the first. */
  readonly attempts: number;
  /** From the start of the first attempt to the end. */
  readonly elapsedMs: number;
  /** What the attempts failed with, oldest first: the first and the last seven, whatever their number. */
  readonly errors: readonly unknown[];
  /** How many failures between the first and those seven are left out of `errors`. */
  readonly omitted: number;
}

const infos = new WeakMap<object, RetryInfo>();

/**
 * What is known of the retry that threw `error`: how many attempts, how long, why it ended, what failed on the way.
 * The error itself is not touched. `undefined` if no retry threw it, and for what is no object (`throw 'text'`).
 * An object that ended two retries, such as the reason of a signal they shared, tells of the one that ended last.
 */
export function retryInfo(error: unknown): RetryInfo | undefined {
  return isObject(error) ? infos.get(error) : undefined;
}

/** Ties `info` to what is about to be thrown, where that can be done. */
export function rememberInfo(thrown: unknown, info: RetryInfo): void {
  if (isObject(thrown)) infos.set(thrown, Object.freeze(info));
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
