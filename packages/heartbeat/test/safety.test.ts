import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveLimits } from '../src/limits.js';
import { simulateHeartbeat } from '../src/simulate-heartbeat.js';
import { anything, intervalMs, mixedTraffic, stalled } from './scenarios.js';

const seeds = (count: number): number[] => Array.from({ length: count }, (_, seed) => seed);

describe('a live peer', () => {
  it.each([0.2, 0.5, 1, 1.5, 2, 5, 30])('is not accused after one stall of %d H', (stall) => {
    const accused = seeds(150).filter((seed) => simulateHeartbeat(stalled(seed, stall, 1)).lost);
    expect(accused).toEqual([]);
  });

  it.each([0.3, 0.9, 1, 2, 30])('is not accused after eight stalls of %d H back to back', (stall) => {
    const accused = seeds(150).filter((seed) => simulateHeartbeat(stalled(seed, stall, 8)).lost);
    expect(accused).toEqual([]);
  });

  it('is not accused amid mixed traffic over a network that delays by up to 0.2 H', () => {
    const accused = seeds(200).filter((seed) => simulateHeartbeat(mixedTraffic(seed)).lost);
    expect(accused).toEqual([]);
  });
});

const modes = fc.constantFrom('one-way' as const, 'ping-pong' as const);
const moment = fc.double({ min: 0, max: 20 * intervalMs, noNaN: true });
const stalls = fc.array(
  fc.record({
    atMs: moment,
    lastsMs: fc.oneof(
      fc.double({ min: 1, max: 2 * intervalMs, noNaN: true }),
      fc.double({ min: 1, max: 30 * intervalMs, noNaN: true }),
    ),
    where: fc.constantFrom('timers' as const, 'poll' as const),
  }),
  { maxLength: 12 },
);
const jumps = (min: number): fc.Arbitrary<{ atMs: number; byMs: number }[]> =>
  fc.array(fc.record({ atMs: moment, byMs: fc.double({ min, max: 100 * intervalMs, noNaN: true }) }), { maxLength: 4 });

/** When the last of the stalls is over; those that overlap run one after the other. */
function endOf(all: readonly { readonly atMs: number; readonly lastsMs: number }[]): number {
  const inOrder = all.toSorted((one, other) => one.atMs - other.atMs);
  return inOrder.reduce((endMs, { atMs, lastsMs }) => Math.max(endMs, atMs) + lastsMs, 0);
}

describe('whatever the loop, the machine and its clocks do', () => {
  // Ten times as many are run by `npm run measure:million`.
  it('a live peer is not accused in 100 000 random schedules, and no timer is left', { timeout: 120_000 }, () => {
    const wrong = seeds(100_000).filter((seed) => {
      const { lost, leftArmed } = simulateHeartbeat(anything(seed));
      return lost !== undefined || leftArmed > 0;
    });
    expect(wrong).toEqual([]);
  });

  it('a peer whose frames are at most H + 5 s apart is never called dead', () => {
    fc.assert(
      fc.property(stalls, jumps(0), jumps(-100 * intervalMs), fc.nat(), (stall, suspends, wallSteps, seed) => {
        const { lost, leftArmed } = simulateHeartbeat({
          intervalMs,
          forMs: 40 * intervalMs,
          seed,
          stalls: stall,
          suspends,
          wallSteps,
          peerCloses: false,
          latencyMs: [0, 5_000],
          busyMs: 20,
        });
        expect({ lost, leftArmed }).toEqual({ lost: undefined, leftArmed: 0 });
      }),
      { numRuns: 2_000 },
    );
  });

  it('a verdict on a dead peer comes in time, only after a poll phase, at most once, and leaves no timer', () => {
    fc.assert(
      fc.property(stalls, moment, fc.nat(), modes, (stall, peerDiesAtMs, seed, mode) => {
        const { lost, leftArmed } = simulateHeartbeat({
          intervalMs,
          mode,
          forMs: 400 * intervalMs,
          seed,
          stalls: stall,
          peerDiesAtMs,
          peerCloses: false,
          busyMs: 20,
        });
        expect({ phase: lost?.phase, leftArmed }).toEqual({ phase: 'check', leftArmed: 0 });
        const { silenceMs, freshMs, tickMs } = resolveLimits({ intervalMs, mode });
        // Each stall may be joined by a round of the loop.
        const resumedAtMs = endOf(stall) + 20 * stall.length;
        const inTimeMs = Math.max(peerDiesAtMs, resumedAtMs) + silenceMs + 2 * tickMs;
        expect(lost?.atMs).toBeLessThanOrEqual(inTimeMs);
        const { atMs, lastsMs } = stall.at(-1) ?? { atMs: 0, lastsMs: 0 };
        // After a long stall it speaks first, and waits for fresh bytes and no longer.
        if (
          stall.length === 1 &&
          lastsMs >= intervalMs &&
          peerDiesAtMs <= atMs + lastsMs &&
          (lost?.atMs ?? 0) > atMs + lastsMs
        ) {
          expect(lost?.atMs).toBeLessThanOrEqual(resumedAtMs + freshMs + 2 * tickMs);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('a jump of the wall clock alone costs no more than a beat', () => {
    fc.assert(
      fc.property(jumps(-100 * intervalMs), fc.nat(), (wallSteps, seed) => {
        const run = { intervalMs, forMs: 40 * intervalMs, seed };
        const steady = simulateHeartbeat(run);
        const stepped = simulateHeartbeat({ ...run, wallSteps });
        expect(stepped.lost).toBeUndefined();
        expect(stepped.beatsAtMs.length - steady.beatsAtMs.length).toBeLessThanOrEqual(wallSteps.length);
      }),
      { numRuns: 300 },
    );
  });
});
