// To use it.
export type { Attempt } from './attempt.js';
export { attempts, type LoopAttempt } from './attempts.js';
// To configure it.
export {
  type Backoff,
  constant,
  type ExponentialOptions,
  exponential,
  type FibonacciOptions,
  fibonacci,
  type LinearOptions,
  linear,
} from './backoff.js';
export { type Clock, systemClock } from './clock.js';
// To handle its errors.
export {
  AttemptTimeoutError,
  InvalidDelayError,
  type RetryErrorCode,
  RetryOptionRangeError,
  RetryOptionTypeError,
} from './errors.js';
export {
  type DecorrelatedOptions,
  decorrelated,
  type Jitter,
  type JitterOptions,
  jittered,
  type Random,
} from './jitter.js';
export { type OsloRabbitBackoffOptions, osloRabbitBackoff, osloRetry } from './oslo.js';
export { perRound } from './per-round.js';
export type { RetryPolicy } from './policy.js';
export { type Operation, retry } from './retry.js';
export { type GiveUpReason, type RetryInfo, retryInfo } from './retry-info.js';
export type { RetryEvent, RetryOptions } from './run.js';
export { type SleepOptions, sleep } from './sleep.js';
export { take } from './take.js';
