import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type SimulatedPause, simulateHeartbeat } from '../src/simulate-heartbeat.js';
import { intervalMs } from './scenarios.js';

const moment = fc.double({ min: 0, max: 20 * intervalMs, noNaN: true });
const length = fc.double({ min: 1, max: 8 * intervalMs, noNaN: true });
// They may overlap: then the first begins the pause and the last ends it.
const pauses = fc.array(fc.record({ atMs: moment, lastsMs: length }), { minLength: 1, maxLength: 4 });
const stalls = fc.array(fc.record({ atMs: moment, lastsMs: length, where: fc.constantFrom('timers', 'poll') }), {
  maxLength: 4,
});
const sleeps = fc.array(fc.record({ atMs: moment, byMs: length }), { maxLength: 2 });
const modes = fc.constantFrom('one-way' as const, 'ping-pong' as const);
const usual = { intervalMs, forMs: 60 * intervalMs, peerCloses: false, latencyMs: [1, 50], busyMs: 5 } as const;

it('a live peer is not accused, whatever is not read meanwhile, and beats go on', () => {
  fc.assert(
    fc.property(pauses, stalls, sleeps, modes, fc.nat(), (pause, stall, suspends, mode, seed) => {
      const result = simulateHeartbeat({ ...usual, pauses: pause, stalls: stall, suspends, mode, seed });
      expect({ lost: result.lost, leftArmed: result.leftArmed }).toEqual({ lost: undefined, leftArmed: 0 });
    }),
    { numRuns: 500 },
  );
});

it('what is not read makes no gap in the beats', () => {
  const { longestSendGapMs } = simulateHeartbeat({ ...usual, pauses: [{ atMs: 61_000, lastsMs: 40 * intervalMs }] });
  expect(longestSendGapMs).toBeLessThanOrEqual(10_000 + 313 + 30);
});

/** When the pause ends that a moment is in or, if it is in none, the one before it ended. */
function resumedAt(pause: readonly SimulatedPause[], atMs: number): number {
  let endMs = 0;
  for (const one of pause.toSorted((a, b) => a.atMs - b.atMs)) {
    if (one.atMs <= atMs || one.atMs <= endMs) endMs = Math.max(endMs, one.atMs + one.lastsMs);
  }
  return endMs;
}

it('a dead peer is not called dead during a pause, but after it, when a whole window of silence has gone', () => {
  fc.assert(
    fc.property(pauses, moment, fc.nat(), (pause, peerDiesAtMs, seed) => {
      const { lost, leftArmed } = simulateHeartbeat({ ...usual, pauses: pause, peerDiesAtMs, seed });
      const atMs = lost?.atMs ?? Number.NaN;
      const fromMs = resumedAt(pause, atMs);
      expect(leftArmed).toBe(0);
      expect(atMs).toBeGreaterThanOrEqual(fromMs + 1.25 * intervalMs - 1);
      // S, two ticks, and the loop's own business.
      const lastsUntilMs = Math.max(peerDiesAtMs, resumedAt(pause, peerDiesAtMs), fromMs);
      expect(atMs).toBeLessThanOrEqual(lastsUntilMs + (1.25 + 2 / 12) * intervalMs);
    }),
    { numRuns: 500 },
  );
});

it('in ping-pong a dead peer is asked once more after the pause', () => {
  fc.assert(
    fc.property(pauses, moment, fc.nat(), (pause, peerDiesAtMs, seed) => {
      const result = simulateHeartbeat({ ...usual, mode: 'ping-pong', pauses: pause, peerDiesAtMs, seed });
      const atMs = result.lost?.atMs ?? Number.NaN;
      const fromMs = resumedAt(pause, atMs);
      expect(atMs).toBeGreaterThanOrEqual(fromMs);
      expect(result.beatsAtMs.some((beatAtMs) => beatAtMs >= fromMs - 1 && beatAtMs <= atMs)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
