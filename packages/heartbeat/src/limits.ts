import { HeartbeatOptionError } from './errors.js';

/** The durations a heartbeat lives by, all in milliseconds, resolved once from the options. */
export interface HeartbeatLimits {
  /** H, the negotiated interval: a live RabbitMQ is never silent for longer, the network aside. */
  readonly intervalMs: number;
  /** The longest time between two looks at the counters: H / 8. */
  readonly tickMs: number;
  /** A beat is due when nothing was written for this long. */
  readonly beatEveryMs: number;
  /** S: the peer is gone after this much observed silence. */
  readonly silenceMs: number;
  /** P: after a long stall a fresh byte must come within this much observed time. */
  readonly freshMs: number;
}

/** What {@link resolveLimits} reads; the same fields as in the options of `startHeartbeat`. */
export interface LimitOptions {
  readonly intervalMs: number;
  readonly silenceMs?: number | undefined;
  readonly beatsPerInterval?: number | undefined;
}

const MIN_INTERVAL_MS = 100;
// The longest delay of a JavaScript timer; a longer one fires at once.
const MAX_INTERVAL_MS = 2 ** 31 - 1;
const NETWORK_MS = 5_000;

/**
 * The limits for an interval above zero. S = max(1.25 H, H + 5 s), at most 2 H; P = max(1.125 H, H + 5 s), at most S.
 *
 * @throws {HeartbeatOptionError} when an option is out of its range.
 */
export function resolveLimits(options: LimitOptions): HeartbeatLimits {
  const { intervalMs, beatsPerInterval = 4 } = options;
  if (!(intervalMs >= MIN_INTERVAL_MS && intervalMs <= MAX_INTERVAL_MS)) {
    throw new HeartbeatOptionError(
      'intervalMs',
      intervalMs,
      `Starting a heartbeat: intervalMs is ${intervalMs}; give 0 (no heartbeat) or ${MIN_INTERVAL_MS} to ${MAX_INTERVAL_MS} milliseconds. AMQP negotiates seconds: multiply by 1000.`,
    );
  }
  if (!(beatsPerInterval >= 2 && beatsPerInterval <= 100)) {
    throw new HeartbeatOptionError(
      'beatsPerInterval',
      beatsPerInterval,
      `Starting a heartbeat: beatsPerInterval is ${beatsPerInterval}; give 2 to 100.`,
    );
  }
  const tickMs = intervalMs / 8;
  const silenceMs = options.silenceMs ?? Math.min(2 * intervalMs, Math.max(1.25 * intervalMs, intervalMs + NETWORK_MS));
  if (!(silenceMs > intervalMs && silenceMs < Number.POSITIVE_INFINITY)) {
    throw new HeartbeatOptionError(
      'silenceMs',
      silenceMs,
      `Starting a heartbeat: silenceMs is ${silenceMs}; a live peer may be silent for intervalMs (${intervalMs}), so give more than that.`,
    );
  }
  return {
    intervalMs,
    tickMs,
    beatEveryMs: intervalMs / beatsPerInterval,
    silenceMs,
    freshMs: Math.min(silenceMs, Math.max(intervalMs + tickMs, intervalMs + NETWORK_MS)),
  };
}
