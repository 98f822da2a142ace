import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeartbeatClock } from './clock.js';
import { type HeartbeatLimits, resolveLimits } from './limits.js';
import { type Turning, Wheel, wheelOf } from './wheel.js';

/** A clock that goes when it is told to, and knows what is armed. */
class HandClock implements HeartbeatClock {
  time = 0;
  wakes = 0;
  timers: { dueAt: number; callback: () => void }[] = [];
  immediates: (() => void)[] = [];

  now(): number {
    return this.time;
  }

  wall(): number {
    return this.time;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueAt: this.time + delayMs, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  afterPoll(callback: () => void): () => void {
    this.immediates.push(callback);
    return () => {
      this.immediates = this.immediates.filter((other) => other !== callback);
    };
  }

  /** Lets so much time go, with every timer late by up to `lateMs`. */
  pass(ms: number, lateMs = 0): void {
    const until = this.time + ms;
    for (;;) {
      const [first] = this.timers.toSorted((one, other) => one.dueAt - other.dueAt);
      if (!first || first.dueAt + lateMs > until) break;
      this.timers = this.timers.filter((other) => other !== first);
      this.time = Math.max(this.time, first.dueAt + lateMs);
      this.wakes++;
      first.callback();
      for (const immediate of this.immediates.splice(0)) immediate();
    }
    this.time = until;
  }
}

class Turner implements Turning {
  readonly limits: HeartbeatLimits;
  readonly wheel: Wheel;
  readonly turns: number[] = [];
  beats = true;

  constructor(wheel: Wheel, intervalMs: number) {
    this.wheel = wheel;
    this.limits = wheel.share(resolveLimits({ intervalMs }));
    wheel.add(this);
  }

  turn(now: number): number {
    this.turns.push(now);
    return this.limits.tickMs;
  }

  look(now: number): void {
    this.turns.push(-now);
  }

  stop(): void {
    if (!this.beats) return;
    this.beats = false;
    this.wheel.remove(this);
  }
}

describe('the wheel', () => {
  it('is one per clock', () => {
    const clock = new HandClock();
    expect(wheelOf(clock)).toBe(wheelOf(clock));
    expect(wheelOf(new HandClock())).not.toBe(wheelOf(clock));
  });

  it('turns ten thousand with one timer, which wakes at most sixteen times a tick', () => {
    const clock = new HandClock();
    const wheel = new Wheel(clock);
    const turners: Turner[] = [];
    for (let count = 0; count < 10_000; count++) {
      clock.time += 1;
      turners.push(new Turner(wheel, 60_000));
      expect(clock.timers.length).toBe(1);
      if (count % 100 === 0) clock.pass(0);
    }
    clock.pass(5_000);
    clock.wakes = 0;
    for (const turner of turners) turner.turns.length = 0;
    clock.pass(50_000);
    expect(clock.wakes).toBeLessThanOrEqual(161);
    expect(new Set(turners.map((turner) => turner.turns.length))).toEqual(new Set([10]));
    // None of those wakes has more to do than its sixteenth of them all.
    const perWake = new Map<number, number>();
    for (const at of turners.flatMap(({ turns }) => turns)) perWake.set(at, (perWake.get(at) ?? 0) + 1);
    expect(Math.max(...perWake.values())).toBeLessThanOrEqual(10_000 / 16 + 1);
  });

  it('does not fall behind when its timer is a little late every time', () => {
    const clock = new HandClock();
    const turner = new Turner(new Wheel(clock), 60_000);
    clock.pass(100_100, 100);
    expect(turner.turns).toEqual(Array.from({ length: 20 }, (_, index) => 5_000 * (index + 1)));
  });

  it('shares the limits of equal options', () => {
    const wheel = new Wheel(new HandClock());
    expect(new Turner(wheel, 60_000).limits).toBe(new Turner(wheel, 60_000).limits);
    expect(new Turner(wheel, 60_000).limits).not.toBe(new Turner(wheel, 30_000).limits);
  });

  it('takes ten thousand intervals, each its own', () => {
    const clock = new HandClock();
    const wheel = new Wheel(clock);
    const turners = Array.from({ length: 10_000 }, (_, index) => new Turner(wheel, 600_000 + index));
    clock.pass(56_000);
    expect(turners.filter(({ turns }) => turns.length !== 1)).toEqual([]);
    expect(clock.timers.length).toBe(1);
  });

  it('has one look for each that asked, once, and none for who has left', () => {
    const clock = new HandClock();
    const wheel = new Wheel(clock);
    const [one, two] = [new Turner(wheel, 60_000), new Turner(wheel, 60_000)];
    for (const turner of [one, one, two]) wheel.askLook(turner);
    expect(clock.immediates.length).toBe(1);
    two.stop();
    clock.time = 7;
    for (const immediate of clock.immediates.splice(0)) immediate();
    expect([one.turns, two.turns]).toEqual([[-7], []]);
    wheel.askLook(one);
    one.stop();
    expect(clock.immediates).toEqual([]);
  });
});

const actions = fc.array(
  fc.oneof(
    fc.record({ start: fc.constantFrom(100, 1_000, 7_001, 60_000) }),
    fc.record({ stop: fc.nat(30) }),
    fc.record({ pass: fc.integer({ min: 1, max: 20_000 }), late: fc.oneof(fc.constantFrom(0, 3), fc.nat(30_000)) }),
  ),
  { maxLength: 60 },
);

it('whoever comes and goes: each turns once per tick and a slot, never after it left, and nothing stays armed', () => {
  fc.assert(
    fc.property(actions, (schedule) => {
      const clock = new HandClock();
      const wheel = new Wheel(clock);
      const all: (Turner & { from?: number; until?: number })[] = [];
      let latest = 0;
      for (const action of schedule) {
        if ('start' in action) all.push(Object.assign(new Turner(wheel, action.start), { from: clock.time }));
        else if ('pass' in action) {
          latest = Math.max(latest, action.late);
          clock.pass(action.pass, action.late);
        } else {
          const turner = all[action.stop];
          if (turner?.beats) turner.until = clock.time;
          turner?.stop();
        }
        expect(clock.timers.length).toBe(all.some((turner) => turner.beats) ? 1 : 0);
      }
      clock.pass(1_000);
      for (const { turns, limits, from = 0, until = clock.time } of all) {
        const moments = [from, ...turns, until];
        for (const [index, moment] of moments.slice(1).entries()) {
          const gap = moment - (moments[index] ?? 0);
          // Between two passes that are late by different amounts a timer may be late by a whole one.
          expect(gap).toBeLessThanOrEqual(limits.tickMs * (1 + 1 / 16) + 1 + 2 * latest);
          // The last of the moments is that of leaving.
          expect(gap).toBeGreaterThanOrEqual(index < turns.length ? limits.tickMs - 1 : 0);
        }
      }
      for (const turner of all) turner.stop();
      expect(clock.timers).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
