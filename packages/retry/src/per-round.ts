import { type Backoff, restartable, startBackoff } from './backoff.js';
import { check, iterable } from './validate.js';

/**
 * `backoff` for a list of `hosts` that are tried in turn, one per attempt: no wait between the hosts of a round, one of
 * `backoff`'s after each full round. This is how kombu spaces its attempts, and oslo.messaging with it. The `hosts` of a
 * policy do the same; this is for who iterates by hand.
 *
 * @throws RetryError
 */
export function perRound(backoff: Backoff, hosts: number): Backoff {
  iterable('backoff', backoff);
  check(Number.isInteger(hosts) && hosts > 0, 'hosts', hosts, 'the number of hosts, 1 or more');
  return restartable(function* (random) {
    for (const ms of { [Symbol.iterator]: () => startBackoff(backoff, random) as Iterator<number> }) {
      for (let host = 1; host < hosts; host++) yield 0;
      yield ms;
    }
  });
}
