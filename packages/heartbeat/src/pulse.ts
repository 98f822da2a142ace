import type { HeartbeatLimits } from './limits.js';

/** What is read at one moment: two clocks and two counters. */
export interface Reading {
  /** Monotonic milliseconds. */
  now: number;
  /** Milliseconds of the wall clock, which goes on while the machine sleeps. */
  wall: number;
  bytesRead: number;
  bytesWritten: number;
}

/**
 * How the peer is being listened to.
 * `listening`: any byte is a sign of life.
 * `stalled`: a long stall just ended and what the kernel kept meanwhile is still unread, so nothing counts yet.
 * `proving`: that is read, or the peer was asked; only a byte that comes now proves that the peer lives now.
 * `paused`: we do not read by our own choice, so silence means nothing.
 */
export type Listening = 'listening' | 'stalled' | 'proving' | 'paused';

/** All that is known of one link. Plain data, changed in place: ten thousand of them must be small. */
export interface Pulse extends Reading {
  listening: Listening;
  /** Silence that a running event loop saw, in ping-pong since the question. A stall adds one tick, however long it was. */
  observedSilenceMs: number;
  /** Silence as the clock on the wall saw it, stalls and sleep included. */
  wallSilenceMs: number;
  /** One-way: at most this long ago something was last written. Ping-pong: this long ago something was heard or asked. */
  idleMs: number;
  longestStallMs: number;
}

/** The event loop, or the whole machine, stood still for more than a quarter of an interval. */
export interface HeartbeatStall {
  /** `loop`: something blocked the event loop. `suspend`: the machine slept (or its wall clock was set forward). */
  readonly kind: 'loop' | 'suspend';
  /** How long, in milliseconds. */
  readonly gapMs: number;
  /**
   * Whether the peer heard nothing for so long that it may have hung up. One-way: by RabbitMQ's rule, two checks one interval apart.
   * Ping-pong: the stall took an interval.
   */
  readonly peerMayHaveClosed: boolean;
}

/** What is to be done now. */
export interface Due {
  /** Write a heartbeat. */
  readonly beat: boolean;
  /** Call {@link afterPoll} once the event loop has read its sockets. */
  readonly look: boolean;
  readonly stall: HeartbeatStall | undefined;
  /** Call {@link due} again after this long, in milliseconds. */
  readonly nextMs: number;
}

/** The pulse of a link that is taken to be alive now. */
export function startPulse(reading: Reading): Pulse {
  return {
    ...reading,
    listening: 'listening',
    observedSilenceMs: 0,
    wallSilenceMs: 0,
    idleMs: 0,
    longestStallMs: 0,
  };
}

/**
 * A look at the counters from a timer. It never says that the peer is dead: in the timers phase of an event loop the peer's
 * bytes may still be unread in the kernel. It asks for {@link afterPoll} instead.
 */
export function due(pulse: Pulse, limits: HeartbeatLimits, reading: Reading): Due {
  const { intervalMs, tickMs, beatEveryMs, asks } = limits;
  const gapMs = gapSince(pulse, reading);
  const asleepMs = asleepSince(pulse, limits, reading);
  const stoodMs = gapMs + asleepMs;
  const long = asleepMs > 0 || gapMs >= intervalMs;
  const stalled = long || isStall(gapMs, limits);
  const heard = reading.bytesRead !== pulse.bytesRead;

  if (pulse.listening !== 'paused') {
    if (long) pulse.listening = 'stalled';
    else if (pulse.listening === 'proving' && heard) pulse.listening = 'listening';
  }
  const deaf = pulse.listening === 'stalled' || pulse.listening === 'paused';
  if (heard || deaf || (asks && pulse.listening === 'listening')) pulse.observedSilenceMs = 0;
  else pulse.observedSilenceMs += stalled ? tickMs : gapMs;
  pulse.wallSilenceMs = heard ? 0 : pulse.wallSilenceMs + stoodMs;

  const active = asks ? heard : reading.bytesWritten !== pulse.bytesWritten;
  // What was written since the last look may have been written right after it, or before a stall. What was heard we take for new.
  const idleMs = active && !stalled ? (asks ? 0 : gapMs) : pulse.idleMs + stoodMs;
  const beat = stalled || (idleMs >= beatEveryMs && !(asks && pulse.listening === 'proving'));
  pulse.idleMs = beat ? 0 : idleMs;
  if (asks && beat && pulse.listening === 'listening') pulse.listening = 'proving';
  if (stalled) pulse.longestStallMs = Math.max(pulse.longestStallMs, stoodMs);
  Object.assign(pulse, reading);

  const patienceMs = deaf ? tickMs : limitOf(pulse, limits) - pulse.observedSilenceMs;
  const toBeatMs = beatEveryMs - pulse.idleMs;
  return {
    beat,
    look: pulse.listening === 'stalled' || patienceMs <= 0,
    stall: stalled
      ? {
          kind: asleepMs > 0 ? 'suspend' : 'loop',
          gapMs: stoodMs,
          peerMayHaveClosed: asks ? stoodMs >= intervalMs : idleMs >= 2 * intervalMs - tickMs,
        }
      : undefined,
    nextMs: Math.min(tickMs, toBeatMs > 0 ? toBeatMs : tickMs, patienceMs > 0 ? patienceMs : tickMs),
  };
}

/** Why a peer was given up by its silence. */
export type SilenceReason = 'silence' | 'no-fresh-data-after-stall' | 'no-answer';

/**
 * A look at the counters after the event loop has read its sockets: the only place where a peer is called dead. Gives the reason
 * if it is, and `ask` if it is to be asked (once more).
 */
export function afterPoll(pulse: Pulse, limits: HeartbeatLimits, reading: Reading): SilenceReason | 'ask' | undefined {
  const gapMs = gapSince(pulse, reading);
  // A stall came between the timer and this look, so this is no look: the next tick deals with the stall.
  if (isStall(gapMs, limits) || asleepSince(pulse, limits, reading) > 0 || pulse.listening === 'paused') return;
  const heard = reading.bytesRead !== pulse.bytesRead;
  if (pulse.listening !== 'stalled' && !heard) {
    if (pulse.observedSilenceMs < limitOf(pulse, limits)) return;
    if (limits.asks) return 'no-answer';
    return pulse.listening === 'proving' ? 'no-fresh-data-after-stall' : 'silence';
  }
  // An answer that was read just now may be one to an old question, or to the new one: only asking again can tell.
  const ask = limits.asks && pulse.listening === 'stalled' ? 'ask' : undefined;
  pulse.listening = pulse.listening === 'stalled' ? 'proving' : 'listening';
  pulse.observedSilenceMs = 0;
  pulse.wallSilenceMs = heard ? 0 : pulse.wallSilenceMs + gapMs;
  pulse.idleMs += gapMs;
  // Not what was written: the next look shall see that.
  Object.assign(pulse, reading, { bytesWritten: pulse.bytesWritten });
  return ask;
}

/** No verdict from here on; beats go on. */
export function pausePulse(pulse: Pulse): void {
  pulse.listening = 'paused';
  pulse.observedSilenceMs = 0;
}

/** Verdicts again, after a whole window of silence from here. Call {@link due} first, so that the window starts now. */
export function resumePulse(pulse: Pulse): void {
  if (pulse.listening === 'paused') pulse.listening = 'listening';
}

function limitOf(pulse: Pulse, limits: HeartbeatLimits): number {
  return pulse.listening === 'proving' ? limits.freshMs : limits.silenceMs;
}

// A gap that the turns of a healthy loop do not explain.
function isStall(gapMs: number, limits: HeartbeatLimits): boolean {
  return gapMs > limits.intervalMs / 4;
}

function gapSince(pulse: Pulse, reading: Reading): number {
  return Math.max(0, reading.now - pulse.now);
}

// The monotonic clock of Linux stands still while the machine sleeps, the wall clock does not. Small jumps and backward ones
// are a clock being corrected.
function asleepSince(pulse: Pulse, limits: HeartbeatLimits, reading: Reading): number {
  const jumpMs = reading.wall - pulse.wall - gapSince(pulse, reading);
  return jumpMs > limits.intervalMs / 2 ? jumpMs : 0;
}
