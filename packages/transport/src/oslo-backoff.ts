import { type Backoff, osloRabbitBackoff } from '@leveret/retry/backoff';
import type { OsloValues } from './oslo-options.js';

/**
 * The waits of oslo.messaging after a lost connection: `kombu_reconnect_delay`, then that and the intervals, 1, 3, 5, …
 * seconds. Undefined when none of its options is given. `kombu_reconnect_splay` is really waited, which oslo only logs.
 */
export function osloBackoff(given: OsloValues): Backoff | undefined {
  const {
    rabbit_retry_interval: interval,
    rabbit_retry_backoff: step,
    rabbit_interval_max: max,
    kombu_reconnect_delay: delay,
    kombu_reconnect_splay: splay,
  } = given;
  if ([interval, step, max, delay, splay].every((value) => value === undefined)) return undefined;
  const intervals = osloRabbitBackoff({
    ...(interval === undefined ? {} : { retryIntervalMs: interval * 1000 }),
    ...(step === undefined ? {} : { retryBackoffMs: step * 1000 }),
    ...(max === undefined ? {} : { intervalMaxMs: max * 1000 }),
  });
  const later = (ms: number) => ms + ((delay ?? 1) + (splay ?? 0) * Math.random()) * 1000;
  return {
    *[Symbol.iterator]() {
      yield later(0);
      for (const ms of intervals) yield later(ms);
    },
  };
}
