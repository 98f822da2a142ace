import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeartbeatStall } from '../src/pulse.js';
import { type Simulation, simulateHeartbeat } from '../src/simulate-heartbeat.js';
import { startHeartbeat } from '../src/start-heartbeat.js';
import { forgiven, intervalMs } from './scenarios.js';

const tickMs = intervalMs / 12;
const slotMs = tickMs / 16;
const usual = { intervalMs, peerCloses: false, latencyMs: [1, 50], busyMs: 5 } as const;
const where = fc.constantFrom('timers' as const, 'poll' as const);
const modes = fc.constantFrom('one-way' as const, 'ping-pong' as const);

interface Told {
  readonly atMs: number;
  readonly stall?: HeartbeatStall;
}

/** The run, and in order what was done when: a beat, or a stall told of. */
function listen(simulation: Simulation): { readonly told: readonly Told[]; readonly lost: unknown } {
  const told: Told[] = [];
  const { lost } = simulateHeartbeat({
    ...simulation,
    start: (link, options) =>
      startHeartbeat(link, {
        ...options,
        beat: (on) => {
          told.push({ atMs: options.clock.now() });
          options.beat(on);
        },
        onStall: (stall, on) => {
          told.push({ atMs: options.clock.now(), stall });
          options.onStall?.(stall, on);
        },
      }),
  });
  return { told, lost };
}

describe('a stall', () => {
  it('of more than a quarter of an interval is told of once, with how long it was', () => {
    const lasts = fc.double({ min: 0.01 * intervalMs, max: 30 * intervalMs, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 0, max: 5 * intervalMs, noNaN: true }), lasts, where, modes, fc.nat(), (...all) => {
        const [atMs, lastsMs, place, mode, seed] = all;
        const stalls = [{ atMs, lastsMs, where: place }];
        const result = simulateHeartbeat({ ...usual, mode, seed, stalls, forMs: atMs + lastsMs + 2 * intervalMs });
        const most = lastsMs + tickMs + slotMs + 20;
        if (lastsMs > intervalMs / 4) expect(result.stalls).toHaveLength(1);
        if (most <= intervalMs / 4) expect(result.stalls).toEqual([]);
        for (const { kind, gapMs } of result.stalls) {
          expect(kind).toBe('loop');
          expect(gapMs).toBeGreaterThan(lastsMs - 2);
          expect(gapMs).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('of the whole machine for more than half an interval is told of as a sleep', () => {
    const sleep = fc.double({ min: 0.51 * intervalMs, max: 100 * intervalMs, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 0, max: 5 * intervalMs, noNaN: true }), sleep, modes, fc.nat(), (...all) => {
        const [atMs, byMs, mode, seed] = all;
        const forMs = atMs + byMs + 3 * intervalMs;
        const result = simulateHeartbeat({ ...usual, mode, seed, suspends: [{ atMs, byMs }], forMs });
        expect(result.stalls.map(({ kind }) => kind)).toEqual(['suspend']);
        expect(result.stalls[0]?.gapMs).toBeGreaterThan(byMs - 2);
        expect(result.stalls[0]?.gapMs).toBeLessThanOrEqual(byMs + tickMs + slotMs + 20);
        expect(result.lost).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('is followed by exactly one beat at once, and by the next when an idle link is due for it', () => {
    const stall = fc.record({
      atMs: fc.double({ min: 0, max: 20 * intervalMs, noNaN: true }),
      lastsMs: fc.double({ min: 0.26 * intervalMs, max: 5 * intervalMs, noNaN: true }),
      where,
    });
    fc.assert(
      fc.property(fc.array(stall, { minLength: 1, maxLength: 5 }), fc.nat(), (stalls, seed) => {
        const { told } = listen({ ...usual, seed, stalls, forMs: 50 * intervalMs });
        const places = [...told.keys()].filter((index) => told[index]?.stall);
        expect(places.length).toBeGreaterThan(0);
        for (const index of places) {
          const [before, beat, self, next, afterNext] = [-2, -1, 0, 1, 2].map((offset) => told[index + offset]);
          expect(beat?.stall).toBeUndefined();
          expect((self?.atMs ?? 0) - (beat?.atMs ?? 0)).toBeLessThan(1);
          if (before) expect((beat?.atMs ?? 0) - before.atMs).toBeGreaterThan(1_000);
          if (next && !afterNext?.stall)
            expect(next.atMs - (self?.atMs ?? 0)).toBeGreaterThan(intervalMs / 6 - slotMs - 1);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('that RabbitMQ does not forgive is never told of as harmless', () => {
    let closed = 0;
    for (let seed = 0; seed < 1_000; seed++) {
      const run = forgiven(seed, 1.7 + (seed % 20) / 10);
      if (simulateHeartbeat(run).closedByPeerAtMs === undefined) continue;
      closed++;
      const { stalls } = simulateHeartbeat({ ...run, peerCloses: false });
      expect(stalls.filter(({ peerMayHaveClosed }) => peerMayHaveClosed)).toHaveLength(1);
    }
    expect(closed).toBeGreaterThan(100);
  });

  it('is forgiven by RabbitMQ, however many there are, if each is below 1.8 H and a round of the loop lies between two', () => {
    const one = fc.record({
      afterMs: fc.oneof(
        fc.double({ min: 20, max: 500, noNaN: true }),
        fc.double({ min: 20, max: 2 * intervalMs, noNaN: true }),
      ),
      lastsMs: fc.double({ min: 1, max: 1.8 * intervalMs, noNaN: true }),
      where,
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 12 }), fc.nat(), (pattern, seed) => {
        let endMs = intervalMs;
        const stalls = pattern.map(({ afterMs, lastsMs, where: place }) => {
          const atMs = endMs + afterMs;
          endMs = atMs + lastsMs;
          return { atMs, lastsMs, where: place };
        });
        const run = { ...usual, seed, stalls, forMs: endMs + 4 * intervalMs, peerCloses: true };
        const { lost, closedByPeerAtMs } = simulateHeartbeat(run);
        expect({ lost, closedByPeerAtMs }).toEqual({ lost: undefined, closedByPeerAtMs: undefined });
      }),
      { numRuns: 2_000 },
    );
  });
});
