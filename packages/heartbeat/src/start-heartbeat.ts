import { type HeartbeatClock, systemClock } from './clock.js';
import { guard } from './guard.js';
import { resolveLimits } from './limits.js';
import {
  afterBeat,
  afterPoll,
  due,
  type HeartbeatStall,
  pausePulse,
  type Reading,
  resumePulse,
  type SilenceReason,
  startPulse,
} from './pulse.js';

/** Two counters that only grow. A `net.Socket` or `tls.TLSSocket` fits as it is. */
export interface HeartbeatLink {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Why and after how much silence a peer was given up. */
export interface HeartbeatLost {
  /**
   * `silence`: nothing came for `silenceMs`. `no-fresh-data-after-stall`: nothing new came after a long stall ended.
   * `beat-failed`: `beat` threw, or a counter of the link did; see `cause`.
   */
  readonly reason: SilenceReason | 'beat-failed';
  /** Silence that a running event loop saw, in milliseconds; this is what was judged. */
  readonly observedSilenceMs: number;
  /** Silence with all stalls and sleep included, in milliseconds. */
  readonly wallSilenceMs: number;
  /** The longest stall since the start, in milliseconds; 0 if there was none. */
  readonly longestStallMs: number;
  /** With `beat-failed`: what was thrown. */
  readonly cause?: unknown;
}

/** How to beat and what to tell. */
export interface HeartbeatOptions {
  /** The negotiated AMQP heartbeat H in milliseconds. 0: no heartbeat. Otherwise at least 100. oslo: heartbeat_timeout_threshold. */
  readonly intervalMs: number;
  /** How much observed silence makes a peer dead; above `intervalMs`. Default max(1.25 H, H + 5 s), at most 2 H. */
  readonly silenceMs?: number;
  /** An idle link beats every H divided by this; 2 to 100. Default 4. oslo: heartbeat_rate. */
  readonly beatsPerInterval?: number;
  /** Writes one heartbeat frame. What it throws, or rejects with, ends the heartbeat as `beat-failed`. */
  readonly beat: () => void;
  /** The peer is gone. Called at most once, after the heartbeat has stopped itself, and never after `stop`. */
  readonly lost: (event: HeartbeatLost) => void;
  /** The event loop or the machine stood still for more than H / 4. A beat was just written. */
  readonly onStall?: (event: HeartbeatStall) => void;
  /** What `lost` or `onStall` threw. Without it that is dropped: a heartbeat does not end the process that it beats in. */
  readonly onCallbackError?: (error: unknown) => void;
  /** Default {@link systemClock}. */
  readonly clock?: HeartbeatClock;
}

/** Ends the heartbeat for good; a second call does nothing. */
export interface StopHeartbeat {
  (): void;
  /** Suspends verdicts while the application chooses not to read (back-pressure). Beats go on. */
  pause(): void;
  /** Verdicts again, after a whole window of silence from now. */
  resume(): void;
}

/**
 * Beats for one link and listens to its peer. Both are told by the link's byte counters, looked at about eight times per interval, so a
 * message costs nothing. Silence is counted only while the event loop runs, and judged only after it has read its sockets.
 *
 * @throws {HeartbeatOptionError} when an option is out of its range.
 */
export function startHeartbeat(link: HeartbeatLink, options: HeartbeatOptions): StopHeartbeat {
  if (options.intervalMs === 0) return inert();
  const limits = resolveLimits(options);
  const { clock = systemClock } = options;
  const read = (): Reading => ({
    now: clock.now(),
    wall: clock.wall(),
    bytesRead: link.bytesRead,
    bytesWritten: link.bytesWritten,
  });

  let pulse = startPulse(limits, read());
  let ended = false;
  let cancelTimer = clock.after(Math.min(limits.tickMs, limits.beatEveryMs), tick);
  let cancelLook: (() => void) | undefined;

  function tick(): void {
    guard(() => {
      const now = due(pulse, read());
      pulse = now.pulse;
      // Armed before any callback, so that a `stop` or `resume` from inside one finds it.
      cancelTimer = clock.after(now.nextMs, tick);
      if (now.look) cancelLook ??= clock.afterPoll(look);
      if (now.beat) beat();
      if (now.stall && !ended) tell(options.onStall, now.stall);
    }, fail);
  }

  function beat(): void {
    guard(options.beat, fail);
    pulse = afterBeat(pulse, link.bytesWritten);
  }

  function look(): void {
    cancelLook = undefined;
    guard(() => {
      const seen = afterPoll(pulse, read());
      pulse = seen.pulse;
      if (seen.lost) lose({ reason: seen.lost });
    }, fail);
  }

  function fail(cause: unknown): void {
    lose({ reason: 'beat-failed', cause });
  }

  function lose(why: Pick<HeartbeatLost, 'reason' | 'cause'>): void {
    if (ended) return;
    stop();
    const { observedSilenceMs, wallSilenceMs, longestStallMs } = pulse;
    tell(options.lost, { ...why, observedSilenceMs, wallSilenceMs, longestStallMs });
  }

  function tell<Event>(callback: ((event: Event) => void) | undefined, event: Event): void {
    const { onCallbackError } = options;
    if (!callback) return;
    guard(
      () => callback(event),
      (error) => guard(() => onCallbackError?.(error), ignore),
    );
  }

  function stop(): void {
    ended = true;
    cancelTimer();
    cancelLook?.();
  }

  return Object.assign(stop, {
    pause(): void {
      pulse = pausePulse(pulse);
    },
    resume(): void {
      if (ended || pulse.listening !== 'paused') return;
      cancelTimer();
      tick();
      pulse = resumePulse(pulse);
    },
  });
}

// The handler of errors failed itself, and there is nobody left to tell.
function ignore(): void {}

function inert(): StopHeartbeat {
  return Object.assign(() => {}, { pause: () => {}, resume: () => {} });
}
