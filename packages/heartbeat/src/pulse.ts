import type { HeartbeatLimits } from './limits.js';

/** What is read at one moment: two clocks and two counters. */
export interface Reading {
  /** Monotonic milliseconds. */
  readonly now: number;
  /** Milliseconds of the wall clock, which goes on while the machine sleeps. */
  readonly wall: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/**
 * How the peer is being listened to.
 * `listening`: any byte is a sign of life.
 * `stalled`: a long stall just ended and what the kernel kept meanwhile is still unread, so nothing counts yet.
 * `proving`: that is read; only a byte that comes now proves that the peer lives now.
 * `paused`: we do not read by our own choice, so silence means nothing.
 */
export type Listening = 'listening' | 'stalled' | 'proving' | 'paused';

/** All that is known of one link. Plain and immutable: every function here takes one and gives the next. */
export interface Pulse extends Reading {
  readonly limits: HeartbeatLimits;
  readonly listening: Listening;
  /** Silence that a running event loop saw. A stall adds one tick, however long it was. */
  readonly observedSilenceMs: number;
  /** Silence as the clock on the wall saw it, stalls and sleep included. */
  readonly wallSilenceMs: number;
  /** Since something was last written. */
  readonly idleMs: number;
  readonly longestStallMs: number;
}

/** The event loop, or the whole machine, stood still for more than two ticks. */
export interface HeartbeatStall {
  /** `loop`: something blocked the event loop. `suspend`: the machine slept (or its wall clock was set forward). */
  readonly kind: 'loop' | 'suspend';
  /** How long, in milliseconds. */
  readonly gapMs: number;
  /** Whether the peer heard nothing for so long that RabbitMQ's rule (two checks, one interval apart) lets it hang up. */
  readonly peerMayHaveClosed: boolean;
}

/** What is to be done now. */
export interface Due {
  readonly pulse: Pulse;
  /** Write a heartbeat. */
  readonly beat: boolean;
  /** Call {@link afterPoll} once the event loop has read its sockets. */
  readonly look: boolean;
  readonly stall: HeartbeatStall | undefined;
  /** Call {@link due} again after this long, in milliseconds. */
  readonly nextMs: number;
}

/** The pulse of a link that is taken to be alive now. */
export function startPulse(limits: HeartbeatLimits, reading: Reading): Pulse {
  return {
    ...reading,
    limits,
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
export function due(pulse: Pulse, reading: Reading): Due {
  const { limits } = pulse;
  const gapMs = gapSince(pulse, reading);
  const asleepMs = asleepSince(pulse, reading);
  const late = gapMs > 2 * limits.tickMs;
  const long = asleepMs > 0 || gapMs >= limits.intervalMs;
  const heard = reading.bytesRead !== pulse.bytesRead;
  const wrote = reading.bytesWritten !== pulse.bytesWritten;

  const listening = nextListening(pulse.listening, long, heard);
  const deaf = listening === 'stalled' || listening === 'paused';
  const observedSilenceMs = heard || deaf ? 0 : pulse.observedSilenceMs + (late ? limits.tickMs : gapMs);
  // What was written during a stalled gap was written before the stall, as far as anyone can tell.
  const stalled = late || long;
  const idleMs = wrote && !stalled ? 0 : pulse.idleMs + gapMs + asleepMs;
  const beat = stalled || idleMs >= limits.beatEveryMs;

  const next: Pulse = {
    ...reading,
    limits,
    listening,
    observedSilenceMs,
    wallSilenceMs: heard ? 0 : pulse.wallSilenceMs + gapMs + asleepMs,
    idleMs: beat ? 0 : idleMs,
    longestStallMs: stalled ? Math.max(pulse.longestStallMs, gapMs + asleepMs) : pulse.longestStallMs,
  };
  const patienceMs = deaf ? limits.tickMs : limitOf(next) - observedSilenceMs;
  return {
    pulse: next,
    beat,
    look: listening === 'stalled' || (!deaf && patienceMs <= 0),
    stall: stalled
      ? {
          kind: asleepMs > 0 ? 'suspend' : 'loop',
          gapMs: gapMs + asleepMs,
          peerMayHaveClosed: idleMs >= 2 * limits.intervalMs - limits.tickMs,
        }
      : undefined,
    nextMs: Math.min(limits.tickMs, limits.beatEveryMs - next.idleMs, patienceMs > 0 ? patienceMs : limits.tickMs),
  };
}

/** Why a peer was given up by its silence. */
export type SilenceReason = 'silence' | 'no-fresh-data-after-stall';

/** A look at the counters after the event loop has read its sockets: the only place where a peer is called dead. */
export function afterPoll(pulse: Pulse, reading: Reading): { readonly pulse: Pulse; readonly lost?: SilenceReason } {
  const { limits } = pulse;
  const gapMs = gapSince(pulse, reading);
  // A stall came between the timer and this look, so this is no look: the next tick deals with the stall.
  if (gapMs > 2 * limits.tickMs || asleepSince(pulse, reading) > 0 || pulse.listening === 'paused') return { pulse };
  const heard = reading.bytesRead !== pulse.bytesRead;
  if (pulse.listening !== 'stalled' && !heard) {
    if (pulse.observedSilenceMs < limitOf(pulse)) return { pulse };
    return { pulse, lost: pulse.listening === 'proving' ? 'no-fresh-data-after-stall' : 'silence' };
  }
  return {
    pulse: {
      ...pulse,
      now: reading.now,
      wall: reading.wall,
      bytesRead: reading.bytesRead,
      listening: pulse.listening === 'stalled' ? 'proving' : 'listening',
      observedSilenceMs: 0,
      wallSilenceMs: heard ? 0 : pulse.wallSilenceMs + gapMs,
      idleMs: pulse.idleMs + gapMs,
    },
  };
}

/** After the beat was written, so that our own beat is not taken for traffic at the next look. */
export function afterBeat(pulse: Pulse, bytesWritten: number): Pulse {
  return { ...pulse, bytesWritten };
}

/** No verdict from here on; beats go on. */
export function pausePulse(pulse: Pulse): Pulse {
  return { ...pulse, listening: 'paused', observedSilenceMs: 0 };
}

/** Verdicts again, after a whole window of silence from here. Call {@link due} first, so that the window starts now. */
export function resumePulse(pulse: Pulse): Pulse {
  return pulse.listening === 'paused' ? { ...pulse, listening: 'listening', observedSilenceMs: 0 } : pulse;
}

function nextListening(listening: Listening, long: boolean, heard: boolean): Listening {
  if (listening === 'paused') return 'paused';
  if (long) return 'stalled';
  return listening === 'proving' && heard ? 'listening' : listening;
}

function limitOf(pulse: Pulse): number {
  return pulse.listening === 'proving' ? pulse.limits.freshMs : pulse.limits.silenceMs;
}

function gapSince(pulse: Pulse, reading: Reading): number {
  return Math.max(0, reading.now - pulse.now);
}

// The monotonic clock of Linux stands still while the machine sleeps, the wall clock does not. Small jumps and backward ones
// are a clock being corrected.
function asleepSince(pulse: Pulse, reading: Reading): number {
  const jumpMs = reading.wall - pulse.wall - gapSince(pulse, reading);
  return jumpMs > pulse.limits.intervalMs / 2 ? jumpMs : 0;
}
