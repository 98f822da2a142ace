import type { HeartbeatClock } from './clock.js';
import type { HeartbeatMode } from './limits.js';
import type { HeartbeatStall } from './pulse.js';
import { seededRandom } from './seeded-random.js';
import { type LoopPhase, type SimulatedJump, SimulatedLoop, type SimulatedStall } from './simulated-loop.js';
import { FRAME_BYTES, SimulatedPeer } from './simulated-peer.js';
import { type Heartbeat, type HeartbeatLost, type HeartbeatOptions, startHeartbeat } from './start-heartbeat.js';

/** One run. Times are real milliseconds from the start. */
export interface Simulation {
  /** H, for both sides. */
  readonly intervalMs: number;
  /** When to end, if nothing ends it sooner. */
  readonly forMs: number;
  /** Of the phases, latencies and orders that are left to chance. Default 0. */
  readonly seed?: number;
  readonly mode?: HeartbeatMode;
  readonly silenceMs?: number;
  readonly beatsPerInterval?: number;
  readonly stalls?: readonly SimulatedStall[];
  readonly suspends?: readonly SimulatedJump[];
  readonly wallSteps?: readonly SimulatedJump[];
  /** When the peer stops for good without closing the connection. Default never. */
  readonly peerDiesAtMs?: number;
  /** When the peer sends something else than a heartbeat; ascending. */
  readonly peerSendsAtMs?: readonly number[];
  /** Whether the peer sends heartbeats by RabbitMQ's rule. Default true, in ping-pong false. */
  readonly peerBeats?: boolean;
  /** Whether the peer answers every write of ours at once, as to a ping. Default false, in ping-pong true. */
  readonly peerAnswers?: boolean;
  /** Whether the peer hangs up on us by RabbitMQ's rule. Default true, in ping-pong false; that ends the run. */
  readonly peerCloses?: boolean;
  /** When we choose not to read for a while, and pause the heartbeat so long. Default never. */
  readonly pauses?: readonly SimulatedPause[];
  /** When we write something else than a heartbeat. */
  readonly publishesAtMs?: readonly number[];
  /** A segment travels between the first and the second. Default none at all. */
  readonly latencyMs?: readonly [number, number];
  /** Up to this much is lost to other work in every round of the loop. Default 0. */
  readonly busyMs?: number;
  /** The heartbeat to try. Default {@link startHeartbeat}. */
  readonly start?: (
    link: { readonly bytesRead: number; readonly bytesWritten: number },
    options: HeartbeatOptions & { readonly clock: HeartbeatClock },
  ) => Pick<Heartbeat, 'stop'> & Partial<Heartbeat>;
}

/** A time of back-pressure: what arrives meanwhile stays in the kernel. In milliseconds of the monotonic clock. */
export interface SimulatedPause {
  readonly atMs: number;
  readonly lastsMs: number;
}

/** What came of a run. */
export interface SimulationResult {
  /** The verdict, when it was given and in which phase of the loop. */
  readonly lost: (HeartbeatLost & { readonly atMs: number; readonly phase: LoopPhase }) | undefined;
  readonly closedByPeerAtMs: number | undefined;
  readonly beatsAtMs: readonly number[];
  readonly stalls: readonly HeartbeatStall[];
  /** The longest time between two writes of ours, beats or not. */
  readonly longestSendGapMs: number;
  readonly endedAtMs: number;
  /** Timers and immediates of the heartbeat that are left once it was stopped. */
  readonly leftArmed: number;
}

/** Runs the production heartbeat over a simulated event loop and a peer that keeps RabbitMQ's rules. Same input, same result. */
export function simulateHeartbeat(simulation: Simulation): SimulationResult {
  const { intervalMs, forMs, start = startHeartbeat, latencyMs: [least, most] = [0, 0] } = simulation;
  const pings = simulation.mode === 'ping-pong';
  const random = seededRandom(simulation.seed ?? 0);
  const peer = new SimulatedPeer({
    intervalMs,
    senderPhaseMs: random() * (intervalMs / 2),
    receiverPhaseMs: random() * intervalMs,
    sendsAtMs: simulation.peerSendsAtMs ?? [],
    diesAtMs: simulation.peerDiesAtMs ?? Number.POSITIVE_INFINITY,
    beats: simulation.peerBeats ?? !pings,
    answers: simulation.peerAnswers ?? pings,
    closes: simulation.peerCloses ?? !pings,
    latencyMs: () => least + random() * (most - least),
  });
  const loop = new SimulatedLoop({
    peer,
    random,
    busyMs: simulation.busyMs ?? 0,
    stalls: simulation.stalls ?? [],
    suspends: simulation.suspends ?? [],
    wallSteps: simulation.wallSteps ?? [],
  });

  let lost: SimulationResult['lost'];
  let bytesWritten = 0;
  let wroteAtMs = 0;
  let longestSendGapMs = 0;
  const beatsAtMs: number[] = [];
  const stalls: HeartbeatStall[] = [];
  const write = (): void => {
    bytesWritten += FRAME_BYTES;
    longestSendGapMs = Math.max(longestSendGapMs, loop.realMs - wroteAtMs);
    wroteAtMs = loop.realMs;
    peer.advanceTo(loop.realMs);
    peer.write(loop.realMs);
  };
  const link = {
    get bytesRead(): number {
      return loop.bytesRead;
    },
    get bytesWritten(): number {
      return bytesWritten;
    },
  };
  loop.addTimers((simulation.publishesAtMs ?? []).map((dueAt) => ({ dueAt, callback: write })));
  const heartbeat = start(link, {
    intervalMs,
    ...(simulation.mode === undefined ? {} : { mode: simulation.mode }),
    ...(simulation.silenceMs === undefined ? {} : { silenceMs: simulation.silenceMs }),
    ...(simulation.beatsPerInterval === undefined ? {} : { beatsPerInterval: simulation.beatsPerInterval }),
    clock: loop.clock,
    beat: () => {
      beatsAtMs.push(loop.realMs);
      write();
    },
    lost: (event) => {
      lost = { ...event, atMs: loop.realMs, phase: loop.phase };
    },
    onStall: (stall) => stalls.push(stall),
  });

  for (const { atMs, lastsMs } of simulation.pauses ?? []) {
    const hold = (more: 1 | -1) => (): void => {
      loop.holds += more;
      if (more === 1) heartbeat.pause?.();
      else if (loop.holds === 0) heartbeat.resume?.();
    };
    loop.addTimers([
      { dueAt: atMs, callback: hold(1) },
      { dueAt: atMs + lastsMs, callback: hold(-1) },
    ]);
  }
  while (!lost && loop.realMs < forMs && peer.closedAtMs === undefined) loop.turn(forMs);
  const endedAtMs = loop.realMs;
  heartbeat.stop();
  return {
    lost,
    closedByPeerAtMs: peer.closedAtMs,
    beatsAtMs,
    stalls,
    longestSendGapMs: Math.max(longestSendGapMs, endedAtMs - wroteAtMs),
    endedAtMs,
    leftArmed: loop.armed,
  };
}
