import { exponential, jittered, resolvePolicy, retry } from '@leveret/retry';
import { constant } from '@leveret/retry/backoff';
import asyncRetry from 'async-retry';
import { ConstantBackoff, retry as cockatiel, ExponentialBackoff, handleAll } from 'cockatiel';
import { backOff } from 'exponential-backoff';
import pRetry from 'p-retry';

/** How a contender retries: at most `retries` times, `delayMs` apart. What is made once for many calls is made by `make`. */
export interface Contender {
  readonly name: string;
  make(retries: number, delayMs: number): <T>(operation: () => Promise<T>) => Promise<T>;
  /** The same with the library's own jitter, on a backoff from 100 ms doubling to 30 s. */
  jittered?(retries: number): <T>(operation: () => Promise<T>) => Promise<T>;
}

async function bareLoop<T>(operation: () => Promise<T>, retries: number, delayMs: number): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await operation();
    } catch (error) {
      if (attempt === retries) throw error;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}

export const contenders: readonly Contender[] = [
  { name: 'a bare loop', make: (retries, delayMs) => (operation) => bareLoop(operation, retries, delayMs) },
  {
    name: '@leveret/retry',
    make(retries, delayMs) {
      const policy = resolvePolicy({ retries, backoff: constant(delayMs) });
      return (operation) => retry(operation, policy);
    },
    jittered(retries) {
      const policy = resolvePolicy({ retries, backoff: jittered(exponential(), 'full') });
      return (operation) => retry(operation, policy);
    },
  },
  {
    name: '@leveret/retry, policy checked at each call',
    make: (retries, delayMs) => {
      const backoff = constant(delayMs);
      return (operation) => retry(operation, { retries, backoff });
    },
  },
  {
    name: 'cockatiel 4.0.0',
    make(retries, delayMs) {
      const policy = cockatiel(handleAll, { maxAttempts: retries, backoff: new ConstantBackoff(delayMs) });
      return (operation) => policy.execute(operation);
    },
    jittered(retries) {
      const backoff = new ExponentialBackoff({ initialDelay: 100, maxDelay: 30_000 });
      const policy = cockatiel(handleAll, { maxAttempts: retries, backoff });
      return (operation) => policy.execute(operation);
    },
  },
  {
    name: 'p-retry 9.0.0',
    make: (retries, delayMs) => (operation) => pRetry(operation, { retries, minTimeout: delayMs, factor: 1 }),
    jittered: (retries) => (operation) =>
      pRetry(operation, { retries, minTimeout: 100, maxTimeout: 30_000, randomize: true }),
  },
  {
    name: 'exponential-backoff 3.1.3',
    make: (retries, delayMs) => (operation) =>
      backOff(operation, { numOfAttempts: retries + 1, startingDelay: delayMs, timeMultiple: 1 }),
    jittered: (retries) => (operation) =>
      backOff(operation, { numOfAttempts: retries + 1, startingDelay: 100, maxDelay: 30_000, jitter: 'full' }),
  },
  {
    name: 'async-retry 1.3.3',
    make: (retries, delayMs) => (operation) =>
      asyncRetry(operation, { retries, minTimeout: delayMs, factor: 1, randomize: false }),
    jittered: (retries) => (operation) =>
      asyncRetry(operation, { retries, minTimeout: 100, maxTimeout: 30_000, randomize: true }),
  },
];
