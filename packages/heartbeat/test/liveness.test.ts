import { describe, expect, it } from 'vitest';
import { type Simulation, simulateHeartbeat } from '../src/simulate-heartbeat.js';
import { dies, diesDuringStall, intervalMs } from './scenarios.js';

const seeds = Array.from({ length: 1_000 }, (_, seed) => seed);

function noticedAfter(simulation: Simulation, sinceMs: number): number {
  const { lost } = simulateHeartbeat(simulation);
  return lost ? (lost.atMs - sinceMs) / simulation.intervalMs : Number.POSITIVE_INFINITY;
}

describe('a dead peer', () => {
  it('is noticed after 1.1 H in the median and 1.4 H at worst', () => {
    const after = seeds.map((seed) => noticedAfter(dies(seed), dies(seed).peerDiesAtMs)).sort((a, b) => a - b);
    expect(after[500]).toBeLessThanOrEqual(1.1);
    expect(after[999]).toBeLessThanOrEqual(1.4);
  });

  it('that died during a stall is noticed within 1.15 H after the stall', () => {
    const after = seeds.map((seed) => noticedAfter(diesDuringStall(seed), diesDuringStall(seed).resumedAtMs));
    expect(Math.max(...after)).toBeLessThanOrEqual(1.15);
  });

  it('that died while the machine slept is noticed within 1.15 H after waking, and says that it was probed', () => {
    const result = simulateHeartbeat({
      intervalMs,
      forMs: 100 * intervalMs,
      suspends: [{ atMs: 190_000, byMs: 30 * intervalMs }],
      peerDiesAtMs: 200_000,
    });
    expect(result.lost?.reason).toBe('no-fresh-data-after-stall');
    expect(result.lost?.wallSilenceMs).toBeGreaterThan(30 * intervalMs);
    expect(result.stalls).toMatchObject([{ kind: 'suspend', peerMayHaveClosed: true }]);
    // At most a tick until the sleep shows, then P = H + 5 s.
    expect(result.lost?.atMs).toBeLessThanOrEqual(190_000 + 30 * intervalMs + 5_000 + 65_000 + 320);
  });

  it('in ping-pong is noticed after 1.4 H at worst, and with 0.25 H for the answer not before 1.25 H', () => {
    const after = seeds.map((seed) => {
      const run = { ...dies(seed), mode: 'ping-pong', peerSendsAtMs: [dies(seed).peerDiesAtMs - 1] } as const;
      return noticedAfter(run, run.peerDiesAtMs);
    });
    expect(Math.max(...after)).toBeLessThanOrEqual(1.4);
    expect(Math.min(...after)).toBeGreaterThanOrEqual(1.25);
  });

  it('in ping-pong that died during a stall is noticed 0.26 H after the stall', () => {
    const after = seeds.map((seed) =>
      noticedAfter({ ...diesDuringStall(seed), mode: 'ping-pong' }, diesDuringStall(seed).resumedAtMs),
    );
    expect(Math.max(...after)).toBeLessThanOrEqual(0.26);
  });

  it.each([
    [1_000, 2_000],
    [10_000, 15_000],
    [580_000, 725_000],
  ])('of an interval of %d ms is noticed after %d ms of silence and a tick', (everyMs, silenceMs) => {
    const result = simulateHeartbeat({ intervalMs: everyMs, forMs: 20 * everyMs, peerDiesAtMs: 5 * everyMs });
    expect(result.lost?.reason).toBe('silence');
    expect(result.lost?.observedSilenceMs).toBeGreaterThanOrEqual(silenceMs);
    expect(result.lost?.observedSilenceMs).toBeLessThanOrEqual(silenceMs + everyMs / 12);
    expect(result.lost?.atMs).toBeLessThanOrEqual(5 * everyMs + silenceMs + everyMs / 12 + everyMs / 192 + 2);
  });
});
