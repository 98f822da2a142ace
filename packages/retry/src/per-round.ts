import { type Backoff, restartable } from './backoff.js';
import { RetryOptionRangeError } from './errors.js';
import { count, iterable } from './validate.js';

/**
 * `backoff` for a list of `hosts` that are tried in turn, one per attempt: no wait between the hosts of a round, one of
 * `backoff`'s after each full round. This is how kombu spaces its attempts, and oslo.messaging with it.
 *
 * @throws RetryOptionTypeError, RetryOptionRangeError
 */
export function perRound(backoff: Backoff, hosts: number): Backoff {
  iterable('backoff', backoff);
  if (count('hosts', hosts) === 0 || hosts === Number.POSITIVE_INFINITY) {
    throw new RetryOptionRangeError('hosts', hosts, `\`hosts\` is ${hosts}: give the number of hosts, 1 or more.`);
  }
  return restartable(function* () {
    for (const ms of backoff) {
      for (let host = 1; host < hosts; host++) yield 0;
      yield ms;
    }
  });
}
