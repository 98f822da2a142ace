// To use it.
export type { Attempt, AttemptLimit, AttemptTimeout } from './attempt.js';
// To configure it.
export type { Backoff } from './backoff.js';
export type { Budget } from './budget-rules.js';
export { type Clock, systemClock } from './clock.js';
// To handle its errors.
export { RetryError, type RetryErrorCode, type RetryErrorFacts } from './errors.js';
export { type ExponentialOptions, exponential } from './exponential.js';
export { type Jitter, type JitterOptions, jittered, type Random } from './jitter.js';
export { type ResolvedPolicy, type RetryPolicy, resolvePolicy } from './policy.js';
export { retry, wrap } from './retry.js';
export { type GiveUpReason, type RetryInfo, retryInfo } from './retry-info.js';
export type { Operation, RetryEvent, RetryOptions } from './run.js';
