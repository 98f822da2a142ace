import type { HeartbeatClock } from './clock.js';
import type { SimulatedPeer } from './simulated-peer.js';

/** Something other than the heartbeat blocks the loop. */
export interface SimulatedStall {
  /** When its timer is due, or its socket becomes readable, in real milliseconds. */
  readonly atMs: number;
  readonly lastsMs: number;
  /** In a timer's callback, or in that of another socket. */
  readonly where: 'timers' | 'poll';
}

/** A jump: of the machine through its sleep, or of the wall clock alone. */
export interface SimulatedJump {
  readonly atMs: number;
  readonly byMs: number;
}

/** What happens to the loop from outside. */
export interface SimulatedLoopOptions {
  readonly peer: SimulatedPeer;
  readonly stalls: readonly SimulatedStall[];
  readonly suspends: readonly SimulatedJump[];
  readonly wallSteps: readonly SimulatedJump[];
  readonly random: () => number;
  /** Up to this much is lost to other work in every round of the loop. */
  readonly busyMs: number;
}

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

// Sums of fractions of a millisecond must not keep a timer a billionth away for ever.
const ROUNDING_MS = 1e-6;

/** Which phase the loop is in. */
export type LoopPhase = 'timers' | 'poll' | 'check';

/**
 * Node's event loop: timers, then poll, then check, over a socket whose bytes wait in the kernel until a poll phase reads them. As in
 * Node, a timer that becomes due while another one blocks runs in the same timers phase.
 */
export class SimulatedLoop {
  readonly clock: HeartbeatClock;
  phase: LoopPhase = 'timers';
  bytesRead = 0;
  /** Above 0 the socket is not read. */
  holds = 0;
  readonly #options: SimulatedLoopOptions;
  /** Armed through the clock; a few. */
  readonly #timers: Timer[] = [];
  /** The simulation's own, the latest first. */
  #others: Timer[] = [];
  readonly #pollStalls: SimulatedStall[];
  readonly #jumps: { atMs: number; byMs: number; asleep: boolean }[];
  #immediates = new Set<() => void>();
  #realMs = 0;
  #asleepMs = 0;
  #wallOffsetMs = 0;

  constructor(options: SimulatedLoopOptions) {
    this.#options = options;
    this.#pollStalls = options.stalls.filter((stall) => stall.where === 'poll').sort((a, b) => a.atMs - b.atMs);
    this.#jumps = [
      ...options.suspends.map((jump) => ({ ...jump, asleep: true })),
      ...options.wallSteps.map((jump) => ({ ...jump, asleep: false })),
    ].sort((a, b) => a.atMs - b.atMs);
    this.addTimers(
      options.stalls
        .filter((stall) => stall.where === 'timers')
        .map((stall) => ({ dueAt: stall.atMs, callback: () => this.#elapse(stall.lastsMs) })),
    );
    this.clock = {
      now: () => this.#realMs - this.#asleepMs,
      wall: () => this.#realMs + this.#wallOffsetMs,
      after: (delayMs, callback) => this.#arm(this.clock.now() + Math.max(1, Math.ceil(delayMs)), callback),
      afterPoll: (callback) => {
        const immediate = (): void => callback();
        this.#immediates.add(immediate);
        return () => this.#immediates.delete(immediate);
      },
    };
  }

  get realMs(): number {
    return this.#realMs;
  }

  /** Timers and immediates armed through the clock that have neither run nor been cancelled. */
  get armed(): number {
    return this.#timers.length + this.#immediates.size;
  }

  /** Does something else at moments of the monotonic clock. */
  addTimers(timers: readonly Timer[]): void {
    this.#others = [...this.#others, ...timers].sort((a, b) => b.dueAt - a.dueAt);
  }

  /** One round. */
  turn(untilMs: number): void {
    this.#elapse(this.#options.random() * this.#options.busyMs);
    this.phase = 'timers';
    for (
      let timer = this.#firstTimer();
      timer && timer.dueAt <= this.clock.now() + ROUNDING_MS;
      timer = this.#firstTimer()
    ) {
      this.#disarm(timer);
      timer.callback();
    }
    this.phase = 'poll';
    this.#poll(untilMs);
    this.phase = 'check';
    const immediates = this.#immediates;
    this.#immediates = new Set();
    for (const immediate of immediates) immediate();
  }

  #poll(untilMs: number): void {
    const { peer, random } = this.#options;
    if (this.#immediates.size === 0) this.#sleep(untilMs);
    peer.advanceTo(this.#realMs);
    // What is ready is settled before the first callback; a socket that becomes readable meanwhile waits for the next round.
    const readable = this.#firstArrival() <= this.#realMs;
    const stalls: SimulatedStall[] = [];
    while ((this.#pollStalls[0]?.atMs ?? Number.POSITIVE_INFINITY) <= this.#realMs) {
      stalls.push(...this.#pollStalls.splice(0, 1));
    }
    const first = random() < 0.5;
    if (readable && first) this.#read();
    for (const stall of stalls) this.#elapse(stall.lastsMs);
    if (readable && !first) this.#read();
  }

  #read(): void {
    this.#options.peer.advanceTo(this.#realMs);
    this.bytesRead += this.#options.peer.read(this.#realMs);
  }

  #firstArrival(): number {
    return this.holds > 0 ? Number.POSITIVE_INFINITY : this.#options.peer.firstArrival();
  }

  #sleep(untilMs: number): void {
    const { peer } = this.#options;
    const timer = this.#firstTimer();
    let wakeAt = Math.min(
      untilMs,
      timer ? this.#realMs + Math.max(0, timer.dueAt - this.clock.now()) : untilMs,
      this.#pollStalls[0]?.atMs ?? untilMs,
      this.#firstArrival(),
    );
    while (peer.nextEventAt() <= wakeAt) {
      peer.step();
      wakeAt = Math.min(wakeAt, this.#firstArrival());
    }
    this.#elapse(Math.max(0, wakeAt - this.#realMs));
  }

  #elapse(ms: number): void {
    let endAt = this.#realMs + ms;
    for (let jump = this.#jumps[0]; jump && jump.atMs <= endAt; jump = this.#jumps[0]) {
      this.#jumps.shift();
      if (jump.asleep) {
        endAt += jump.byMs;
        this.#asleepMs += jump.byMs;
      } else {
        this.#wallOffsetMs += jump.byMs;
      }
    }
    this.#realMs = endAt;
  }

  #arm(dueAt: number, callback: () => void): () => void {
    const timer = { dueAt, callback };
    this.#timers.push(timer);
    return () => this.#disarm(timer);
  }

  #disarm(timer: Timer): void {
    const index = this.#timers.indexOf(timer);
    if (index >= 0) this.#timers.splice(index, 1);
    else if (timer === this.#others.at(-1)) this.#others.pop();
  }

  #firstTimer(): Timer | undefined {
    let first = this.#others.at(-1);
    for (const timer of this.#timers) if (!first || timer.dueAt < first.dueAt) first = timer;
    return first;
  }
}
