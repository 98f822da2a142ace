import { type HeartbeatClock, systemClock } from './clock.js';
import { HeartbeatOptionError } from './errors.js';
import { guard } from './guard.js';
import { type HeartbeatLimits, type HeartbeatMode, resolveLimits } from './limits.js';
import {
  afterPoll,
  due,
  type HeartbeatStall,
  type Listening,
  type Pulse,
  pausePulse,
  type Reading,
  resumePulse,
  type SilenceReason,
} from './pulse.js';
import { type Turning, type Wheel, wheelOf } from './wheel.js';

/** Two counters that only grow. A `net.Socket` or `tls.TLSSocket` fits as it is; so do counts of messages. */
export interface HeartbeatLink {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Why and after how much silence a peer was given up. */
export interface HeartbeatLost {
  /**
   * `silence`: nothing came for `silenceMs`. `no-fresh-data-after-stall`: nothing new came after a long stall ended.
   * `no-answer`: in ping-pong, nothing came after a question. `beat-failed`: `beat` threw, or a counter of the link did; see `cause`.
   */
  readonly reason: SilenceReason | 'beat-failed';
  /** Silence that a running event loop saw, in milliseconds; this is what was judged. In ping-pong: since the question. */
  readonly observedSilenceMs: number;
  /** Silence with all stalls and sleep included, in milliseconds. */
  readonly wallSilenceMs: number;
  /** The longest stall since the start, in milliseconds; 0 if there was none. */
  readonly longestStallMs: number;
  /** With `beat-failed`: what was thrown. */
  readonly cause?: unknown;
}

/** How to beat and what to tell. It is kept, not copied: one object may serve any number of links. */
export interface HeartbeatOptions<Link extends HeartbeatLink = HeartbeatLink> {
  /** H in milliseconds, as negotiated. 0: no heartbeat. Otherwise at least 100. oslo: heartbeat_timeout_threshold. */
  readonly intervalMs: number;
  /** Default `one-way`. */
  readonly mode?: HeartbeatMode;
  /** How much observed silence makes a peer dead; above `intervalMs`. Default max(1.25 H, H + 5 s), at most 2 H. */
  readonly silenceMs?: number;
  /** An idle link beats every H divided by this; 2 to 100. Default 6, in ping-pong 1. oslo: heartbeat_rate. */
  readonly beatsPerInterval?: number;
  /** Writes one heartbeat or ping. What it throws, or rejects with, ends the heartbeat as `beat-failed`. */
  readonly beat: (link: Link) => void;
  /** The peer is gone. Called at most once, after the heartbeat has stopped itself, and never after `stop`. */
  readonly lost: (event: HeartbeatLost, link: Link) => void;
  /** The event loop or the machine stood still for more than H / 4. A beat was just written. */
  readonly onStall?: (event: HeartbeatStall, link: Link) => void;
  /** What `lost` or `onStall` threw. Without it that is dropped: a heartbeat does not end the process that it beats in. */
  readonly onCallbackError?: (error: unknown, link: Link) => void;
  /** Default {@link systemClock}. All heartbeats of one clock share one timer. */
  readonly clock?: HeartbeatClock;
}

/** A heartbeat that runs. */
export interface Heartbeat {
  /** Ends it for good; a second call does nothing. */
  stop(): void;
  /** Suspends verdicts while the application chooses not to read (back-pressure). Beats go on. */
  pause(): void;
  /** Verdicts again, after a whole window of silence from now. */
  resume(): void;
}

/**
 * Beats for one link and listens to its peer. Both are told by the link's counters, looked at about twelve times per interval, so a
 * message costs nothing. Silence is counted only while the event loop runs, and judged only after it has read its sockets.
 *
 * @throws {HeartbeatOptionError} when an option is out of its range, or the link has no counters.
 */
export function startHeartbeat<Link extends HeartbeatLink>(link: Link, options: HeartbeatOptions<Link>): Heartbeat {
  if (options.intervalMs === 0) return { stop: nothing, pause: nothing, resume: nothing };
  const limits = resolveLimits(options);
  if (typeof link.bytesRead !== 'number') {
    throw new HeartbeatOptionError(
      'link',
      link,
      'Starting a heartbeat: link has no bytesRead; give a socket or counters.',
    );
  }
  return new Beating(link, options, limits);
}

// The fields are the pulse itself, for one object is smaller than two; and a private method would cost every object a field.
class Beating<Link extends HeartbeatLink> implements Heartbeat, Turning, Pulse {
  readonly link: Link;
  readonly options: HeartbeatOptions<Link>;
  readonly limits: HeartbeatLimits;
  beats = true;
  now = 0;
  wall = 0;
  bytesRead = 0;
  bytesWritten = 0;
  listening: Listening = 'listening';
  observedSilenceMs = 0;
  wallSilenceMs = 0;
  idleMs = 0;
  longestStallMs = 0;

  constructor(link: Link, options: HeartbeatOptions<Link>, limits: HeartbeatLimits) {
    this.link = link;
    this.options = options;
    const wheel = wheelFor(options);
    this.limits = wheel.share(limits);
    Object.assign(this, readLink(link, wheel.now(), wheel.wall()));
    this.idleMs = wheel.add(this);
  }

  stop(): void {
    if (!this.beats) return;
    this.beats = false;
    wheelFor(this.options).remove(this);
  }

  pause(): void {
    pausePulse(this);
  }

  resume(): void {
    if (!this.beats || this.listening !== 'paused') return;
    const wheel = wheelFor(this.options);
    this.turn(wheel.now(), wheel.wall());
    resumePulse(this);
  }

  turn(now: number, wall: number): number {
    let nextMs = 0;
    orLose(this, () => {
      const to = due(this, this.limits, readLink(this.link, now, wall));
      nextMs = to.nextMs;
      if (to.look) wheelFor(this.options).askLook(this);
      if (to.beat) beat(this);
      if (to.stall && this.beats) tell(this, this.options.onStall, to.stall);
    });
    return nextMs;
  }

  look(now: number, wall: number): void {
    orLose(this, () => {
      const reason = afterPoll(this, this.limits, readLink(this.link, now, wall));
      if (reason === 'ask') beat(this);
      else if (reason) lose(this, { reason });
    });
  }
}

function wheelFor({ clock = systemClock }: { readonly clock?: HeartbeatClock }): Wheel {
  return wheelOf(clock);
}

// Counters are compared, never added up; cut to 32 bits they need no box, however much has gone through the link.
function readLink({ bytesRead, bytesWritten }: HeartbeatLink, now: number, wall: number): Reading {
  return { now, wall, bytesRead: bytesRead | 0, bytesWritten: bytesWritten | 0 };
}

function beat<Link extends HeartbeatLink>(beating: Beating<Link>): void {
  const { link, options } = beating;
  orLose(beating, () => options.beat(link));
  // Our own beat is not to be taken for traffic at the next look.
  beating.bytesWritten = link.bytesWritten | 0;
}

function orLose<Link extends HeartbeatLink>(beating: Beating<Link>, callback: () => unknown): void {
  guard(callback, (cause) => lose(beating, { reason: 'beat-failed', cause }));
}

function lose<Link extends HeartbeatLink>(beating: Beating<Link>, why: Pick<HeartbeatLost, 'reason' | 'cause'>): void {
  if (!beating.beats) return;
  beating.stop();
  const { observedSilenceMs, wallSilenceMs, longestStallMs } = beating;
  tell(beating, beating.options.lost, { ...why, observedSilenceMs, wallSilenceMs, longestStallMs });
}

function tell<Link extends HeartbeatLink, Event>(
  { link, options }: Beating<Link>,
  callback: ((event: Event, link: Link) => void) | undefined,
  event: Event,
): void {
  guard(
    () => callback?.(event, link),
    (error) => guard(() => options.onCallbackError?.(error, link), nothing),
  );
}

function nothing(): void {}
