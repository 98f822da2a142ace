/**
 * What many calls may spend on retries together, so that an outage is not made worse by everyone who retries. One budget is
 * shared by the policies of one server. `@leveret/retry/budget` makes two kinds; any object of this shape is one.
 */
export interface Budget {
  /** A call has begun its first attempt. */
  called(): void;
  /** An attempt has succeeded. */
  succeeded(): void;
  /** An attempt has failed in a way that `shouldRetry` did not refuse, whether or not it can be retried. */
  failed(): void;
  /** Asked when nothing but the budget is left to forbid a retry: true if it may be, and then it is charged. */
  withdraw(): boolean;
  /** A retry that was charged will not be made: the caller has aborted. */
  refund(): void;
}
