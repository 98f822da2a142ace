import { HeartbeatOptionError } from './errors.js';
import { negotiate, requireSeconds } from './negotiate.js';
import type { HeartbeatOptions } from './start-heartbeat.js';

/** oslo.messaging's two options, and what the server proposed. */
export interface OsloHeartbeat {
  /** oslo: heartbeat_timeout_threshold, in seconds. Default 60. 0: no heartbeat, whatever the server proposes. */
  readonly threshold?: number | undefined;
  /** oslo: heartbeat_rate, beats per interval. Default 3 (oslo.messaging up to 14.0.3: 2). */
  readonly rate?: number | undefined;
  /** The server's proposal from Tune, in seconds. Omitted: the threshold is taken as negotiated. */
  readonly server?: number | undefined;
}

/**
 * oslo's heartbeat options as options of `startHeartbeat`. The interval is negotiated as py-amqp does. The rate can only
 * make us beat more often than the usual six times per interval, never less; above 100 it counts as 100.
 *
 * oslo takes a negative threshold and fails at Tune-Ok with struct.error; it takes a rate of 0 and fails with ZeroDivisionError,
 * even with heartbeats off. Both are refused here by name.
 *
 * @throws {HeartbeatOptionError} when the threshold is not a whole number of 0 to 65535, or the rate not one of 1 or more.
 */
export function osloHeartbeat(
  options: OsloHeartbeat = {},
): Required<Pick<HeartbeatOptions, 'intervalMs' | 'beatsPerInterval'>> {
  const { threshold = 60, rate = 3, server = threshold } = options;
  requireSeconds('threshold', threshold);
  if (!(Number.isInteger(rate) && rate >= 1)) {
    throw new HeartbeatOptionError(
      'rate',
      rate,
      `Reading oslo's heartbeat options: rate is ${rate}; heartbeat_rate is a whole number from 1.`,
    );
  }
  return { intervalMs: negotiate(threshold, server) * 1_000, beatsPerInterval: Math.min(Math.max(rate, 6), 100) };
}
