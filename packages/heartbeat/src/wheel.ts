import type { HeartbeatClock } from './clock.js';
import type { HeartbeatLimits } from './limits.js';

/** What a wheel turns: something that looks, and says when it wants to look again. */
export interface Turning {
  readonly limits: HeartbeatLimits;
  /** Still on the wheel. */
  readonly beats: boolean;
  /** At the given moment of both clocks. The result: after how many milliseconds again. */
  turn(now: number, wall: number): number;
  /** After the event loop has read its sockets. */
  look(now: number, wall: number): void;
}

// Looks are gathered into slots of a sixteenth of a tick.
const PHASES = 16;
const NEVER = Number.POSITIVE_INFINITY;

/** One timer for everything that goes by one clock. */
export class Wheel {
  readonly #clock: HeartbeatClock;
  readonly #wallEpoch: number;
  /** By the moment they are due. Who has left stays until then. */
  readonly #slots = new Map<number, Turning[]>();
  readonly #limits = new Map<string, HeartbeatLimits>();
  readonly #looking = new Set<Turning>();
  #size = 0;
  #phase = 0;
  #armedFor = NEVER;
  #cancelTimer: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;

  constructor(clock: HeartbeatClock) {
    this.#clock = clock;
    this.#wallEpoch = clock.wall();
  }

  // In whole milliseconds, and the wall clock's from a near moment: small integers, which an object holds without a box.
  now(): number {
    return Math.floor(this.#clock.now());
  }

  wall(): number {
    return Math.floor(this.#clock.wall() - this.#wallEpoch);
  }

  /** The same object for equal limits. */
  share(limits: HeartbeatLimits): HeartbeatLimits {
    const key = Object.values(limits).join();
    const shared = this.#limits.get(key) ?? limits;
    // Whoever gives each link an interval of its own shares nothing, and is not to be remembered for ever.
    if (this.#limits.size > 99) this.#limits.clear();
    this.#limits.set(key, shared);
    return shared;
  }

  /** Puts one on. The result is its phase: for how long it pretends to have run already, so that not all beat at once. */
  add(turning: Turning): number {
    this.#size++;
    const { tickMs } = turning.limits;
    this.#arm(this.#place(turning, this.now() + tickMs));
    return Math.ceil((this.#phase++ % PHASES) * (tickMs / PHASES));
  }

  /** Takes one off, which by then says that it beats no more. */
  remove(turning: Turning): void {
    this.#looking.delete(turning);
    if (--this.#size > 0) return;
    this.#cancelTimer?.();
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    this.#armedFor = NEVER;
    this.#slots.clear();
    this.#limits.clear();
    this.#phase = 0;
  }

  /** Has one look once the event loop has read its sockets. */
  askLook(turning: Turning): void {
    this.#looking.add(turning);
    this.#cancelLook ??= this.#clock.afterPoll(() => {
      this.#cancelLook = undefined;
      const looking = [...this.#looking];
      this.#looking.clear();
      const now = this.now();
      const wall = this.wall();
      for (const one of looking) if (one.beats) one.look(now, wall);
    });
  }

  #place(turning: Turning, atMs: number): number {
    const slotMs = turning.limits.tickMs / PHASES;
    const dueAt = Math.ceil(atMs / slotMs) * slotMs;
    const slot = this.#slots.get(dueAt);
    if (slot) slot.push(turning);
    else this.#slots.set(dueAt, [turning]);
    return dueAt;
  }

  #arm(next: number): void {
    if (next >= this.#armedFor) return;
    this.#cancelTimer?.();
    this.#armedFor = next;
    this.#cancelTimer = this.#clock.after(Math.ceil(next - this.now()), () => this.#turn());
  }

  #turn(): void {
    this.#armedFor = NEVER;
    const now = this.now();
    const wall = this.wall();
    for (const [dueAt, slot] of this.#slots) {
      if (dueAt > now) continue;
      this.#slots.delete(dueAt);
      for (const turning of slot) {
        if (!turning.beats) continue;
        // A slot is taken to run at its own moment, not a little later when the timer fires: so the next one is not later too.
        const lateMs = now - Math.floor(dueAt);
        const onTimeMs = lateMs < turning.limits.tickMs / PHASES ? lateMs : 0;
        const at = now - onTimeMs;
        const nextMs = turning.turn(at, wall - onTimeMs);
        if (turning.beats) this.#place(turning, at + nextMs);
      }
    }
    let next = NEVER;
    for (const dueAt of this.#slots.keys()) next = Math.min(next, dueAt);
    if (this.#size > 0) this.#arm(next);
  }
}

const wheels = new WeakMap<HeartbeatClock, Wheel>();

/** The one wheel of a clock. */
export function wheelOf(clock: HeartbeatClock): Wheel {
  const wheel = wheels.get(clock) ?? new Wheel(clock);
  wheels.set(clock, wheel);
  return wheel;
}
