import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Simulation, simulateHeartbeat } from '../src/simulate-heartbeat.js';
import { forgiven, intervalMs, mixedTraffic } from './scenarios.js';

describe('beats', () => {
  it('go out every H / 6 on an idle link', () => {
    const { beatsAtMs } = simulateHeartbeat({ intervalMs, forMs: 65_000 });
    expect(beatsAtMs).toEqual([10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
  });

  it('go out as often as beatsPerInterval says', () => {
    const { beatsAtMs } = simulateHeartbeat({ intervalMs, forMs: 25_000, beatsPerInterval: 10 });
    expect(beatsAtMs).toEqual([6_000, 12_000, 18_000, 24_000]);
  });

  it('leave no gap of a quarter of H, with any traffic of ours between them', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 600_000, noNaN: true })), fc.nat(), (publishesAtMs, seed) => {
        const result = simulateHeartbeat({ intervalMs, forMs: 600_000, seed, publishesAtMs, busyMs: 5 });
        // H / 6, a slot of H / 192 and the loop's other work.
        expect(result.longestSendGapMs).toBeLessThanOrEqual(10_000 + 313 + 30);
      }),
      { numRuns: 300 },
    );
  });

  it('are not sent while our own traffic flows', () => {
    const publishesAtMs = Array.from({ length: 600 }, (_, second) => second * 1_000 + 1);
    expect(simulateHeartbeat({ intervalMs, forMs: 600_000, publishesAtMs }).beatsAtMs).toEqual([]);
  });

  it('start with one at once after a stall', () => {
    const { beatsAtMs, stalls } = simulateHeartbeat({
      intervalMs,
      forMs: 195_500,
      stalls: [{ atMs: 16_000, lastsMs: 164_000, where: 'poll' }],
      peerCloses: false,
    });
    expect(beatsAtMs).toEqual([10_000, 180_000, 190_000]);
    expect(stalls).toEqual([{ kind: 'loop', gapMs: 165_000, peerMayHaveClosed: true }]);
  });

  const closed = (stall: number, more?: Partial<Simulation>): number =>
    Array.from({ length: 2_000 }, (_, seed) => simulateHeartbeat({ ...forgiven(seed, stall), ...more })).filter(
      ({ closedByPeerAtMs }) => closedByPeerAtMs !== undefined,
    ).length;

  it.each([1, 1.5, 1.75, 1.8])('let RabbitMQ forgive every stall of %d H', (stall) => {
    expect(closed(stall)).toBe(0);
  });

  it('four times per interval would let it forgive less, so the simulator can tell', () => {
    expect(closed(1.8, { beatsPerInterval: 4 })).toBeGreaterThan(0);
    expect(closed(1.9)).toBeGreaterThan(0);
  });

  it('let RabbitMQ forgive a stall of 1.8 H in the worst phase too: one that begins when the next beat was due', () => {
    // 0.1 H wide and twenty thousandths apart: every place that the last beat, the stall and the checks can have to each other.
    for (let step = 0; step < 200; step++) {
      const atMs = 3 * intervalMs + (step * intervalMs) / 1_000;
      for (let seed = 0; seed < 20; seed++) {
        const stalls = [{ atMs, lastsMs: 1.8 * intervalMs, where: 'timers' }] as const;
        const { closedByPeerAtMs } = simulateHeartbeat({ intervalMs, forMs: 9 * intervalMs, seed, stalls, busyMs: 5 });
        expect(closedByPeerAtMs).toBeUndefined();
      }
    }
  });

  it('let RabbitMQ forgive a stall of 1.8 H amid sparse traffic of ours, which delays beats', () => {
    for (let seed = 0; seed < 2_000; seed++) {
      const run = forgiven(seed, 1.8);
      const publishesAtMs = mixedTraffic(seed).publishesAtMs ?? [];
      expect(simulateHeartbeat({ ...run, publishesAtMs }).closedByPeerAtMs).toBeUndefined();
    }
  });
});
