/**
 * Why retrying ended:
 * - `'retries'`: as many retries as the policy allows have failed;
 * - `'backoff'`: the backoff has come to its end;
 * - `'elapsed'`: the next attempt would have begun after `maxElapsedMs`;
 * - `'not-retryable'`: `shouldRetry` said no;
 * - `'retry-after'`: the server asked for a longer wait than `maxRetryAfterMs`;
 * - `'budget'`: the shared budget has nothing left;
 * - `'aborted'`: the caller's signal aborted, and what was thrown is its reason;
 * - `'callback-failed'`: a function of the policy, `onRetry` or the backoff threw, and what was thrown is theirs.
 */
export type GiveUpReason =
  | 'retries'
  | 'backoff'
  | 'elapsed'
  | 'not-retryable'
  | 'retry-after'
  | 'budget'
  | 'aborted'
  | 'callback-failed';

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
 * The error itself is not touched. `undefined` if no retry threw it, and for what is no object (`throw 'text'`). Of a
 * value that was given back though `shouldRetryResult` refused it, it tells too. An object that ended two retries, such as
 * the reason of a signal they shared, tells of the one that ended last.
 */
export function retryInfo(error: unknown): RetryInfo | undefined {
  return infos.get(error as object);
}

/** Ties `info` to what is about to be thrown, where that can be done. */
export function rememberInfo(thrown: unknown, info: RetryInfo): void {
  // Of what is no object, an object is made here that nobody can ask about.
  infos.set(Object(thrown), Object.freeze(info));
}
