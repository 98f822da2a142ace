import { HeartbeatOptionError } from './errors.js';

/**
 * How the two sides show that they live.
 * `one-way`: each side speaks by itself at least once per interval, as in AMQP and STOMP. We beat on an idle link and listen.
 * `ping-pong`: the peer answers when asked, as in WebSocket, NATS, HTTP/2. We ask when nothing was heard for an interval.
 */
export type HeartbeatMode = 'one-way' | 'ping-pong';

/** The durations a heartbeat lives by, all in whole milliseconds, resolved once from the options. */
export interface HeartbeatLimits {
  /** H. One-way: a live peer is never silent for longer, the network aside. Ping-pong: after this much silence it is asked. */
  readonly intervalMs: number;
  /** The longest time between two looks at the counters: H / 12, and at most half of `beatEveryMs`. */
  readonly tickMs: number;
  /** One-way: a beat is due when nothing was written for this long. Ping-pong: when nothing was heard for this long. */
  readonly beatEveryMs: number;
  /** S: the peer is gone after this much observed silence. */
  readonly silenceMs: number;
  /** After a long stall (one-way: P) and after a question (ping-pong: S - H) a fresh byte must come within this. */
  readonly freshMs: number;
  /** Ping-pong. */
  readonly asks: boolean;
}

/** What {@link resolveLimits} reads; the same fields as in the options of `startHeartbeat`. */
export interface LimitOptions {
  /** H, the interval that was agreed on, in milliseconds. */
  readonly intervalMs: number;
  /** Default `one-way`. */
  readonly mode?: HeartbeatMode | undefined;
  /** How much observed silence makes a peer dead, in milliseconds. Default max(1.25 H, H + 5 s), at most 2 H. */
  readonly silenceMs?: number | undefined;
  /** An idle link beats every H divided by this. Default 6, in ping-pong 1. oslo: heartbeat_rate. */
  readonly beatsPerInterval?: number | undefined;
}

const MIN_INTERVAL_MS = 100;
// The longest delay of a JavaScript timer; a longer one fires at once.
const MAX_INTERVAL_MS = 2 ** 31 - 1;
const NETWORK_MS = 5_000;
const LOOKS_PER_INTERVAL = 12;

/**
 * The limits for an interval above zero. S = max(1.25 H, H + 5 s), at most 2 H; P = max(H + a tick, H + 5 s), at most S.
 *
 * @throws {HeartbeatOptionError} when an option is out of its range.
 */
export function resolveLimits(options: LimitOptions): HeartbeatLimits {
  const { intervalMs, mode = 'one-way' } = options;
  const asks = mode === 'ping-pong';
  // A peer by RabbitMQ's rule forgives a stall of 2 H less what the link was idle before it: 6 makes that 1.83 H, 4 only 1.75 H.
  const { beatsPerInterval = asks ? 1 : 6 } = options;
  const silenceMs = options.silenceMs ?? Math.min(2 * intervalMs, Math.max(1.25 * intervalMs, intervalMs + NETWORK_MS));
  const check = (option: keyof LimitOptions, right: boolean, sentence: string): void => {
    const value = options[option];
    if (!right)
      throw new HeartbeatOptionError(option, value, `Starting a heartbeat: ${option} is ${value}; ${sentence}.`);
  };
  const fewest = asks ? 1 : 2;
  check(
    'intervalMs',
    intervalMs >= MIN_INTERVAL_MS && intervalMs <= MAX_INTERVAL_MS,
    `give 0 (no heartbeat) or ${MIN_INTERVAL_MS} to ${MAX_INTERVAL_MS} milliseconds`,
  );
  check('mode', asks || mode === 'one-way', "give 'one-way' or 'ping-pong'");
  check('beatsPerInterval', beatsPerInterval >= fewest && beatsPerInterval <= 100, `give ${fewest} to 100`);
  check(
    'silenceMs',
    silenceMs > intervalMs && silenceMs < Number.POSITIVE_INFINITY,
    `a live peer may be silent for ${intervalMs} ms, so give more than that`,
  );
  const beatEveryMs = Math.floor(intervalMs / beatsPerInterval);
  const tickMs = Math.max(1, Math.floor(beatEveryMs / Math.max(2, Math.ceil(LOOKS_PER_INTERVAL / beatsPerInterval))));
  return {
    intervalMs,
    tickMs,
    beatEveryMs,
    silenceMs,
    freshMs: asks ? silenceMs - intervalMs : Math.min(silenceMs, intervalMs + Math.max(tickMs, NETWORK_MS)),
    asks,
  };
}
