import { expect, it } from 'vitest';
import { osloBackoff } from './oslo-backoff.js';
import type { OsloValues } from './oslo-options.js';

function first(count: number, given: OsloValues): number[] {
  const waits = osloBackoff(given)?.[Symbol.iterator]();
  return Array.from({ length: count }, () => waits?.next().value ?? Number.NaN);
}

it('leaves the waits to us where oslo’s options say nothing', () => {
  expect(osloBackoff({ heartbeat_timeout_threshold: 10 })).toBeUndefined();
});

it('waits the delay, then the delay and the intervals, up to the maximum and the first interval', () => {
  expect(first(5, { rabbit_retry_interval: 1 })).toEqual([1000, 2000, 4000, 6000, 8000]);
  expect(first(5, { rabbit_retry_interval: 2, rabbit_retry_backoff: 3, rabbit_interval_max: 6 })).toEqual([
    1000, 3000, 6000, 9000, 9000,
  ]);
  expect(first(3, { kombu_reconnect_delay: 0 })).toEqual([0, 1000, 3000]);
});

it('spreads the waits by the splay', () => {
  for (const wait of first(100, { kombu_reconnect_splay: 4, rabbit_retry_backoff: 0 }).slice(1)) {
    expect(wait).toBeGreaterThanOrEqual(2000);
    expect(wait).toBeLessThan(6000);
  }
});
