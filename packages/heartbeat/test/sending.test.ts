import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulateHeartbeat } from '../src/simulate-heartbeat.js';
import { forgiven, intervalMs, mixedTraffic } from './scenarios.js';

describe('beats', () => {
  it('go out every H / 4 on an idle link', () => {
    const { beatsAtMs } = simulateHeartbeat({ intervalMs, forMs: 130_000 });
    expect(beatsAtMs).toEqual([15_000, 30_000, 45_000, 60_000, 75_000, 90_000, 105_000, 120_000]);
  });

  it('go out as often as beatsPerInterval says', () => {
    const { beatsAtMs } = simulateHeartbeat({ intervalMs, forMs: 25_000, beatsPerInterval: 10 });
    expect(beatsAtMs).toEqual([6_000, 12_000, 18_000, 24_000]);
  });

  it('leave no gap above H / 4 and a tick, with any traffic of ours between them', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 600_000, noNaN: true })), fc.nat(), (publishesAtMs, seed) => {
        const result = simulateHeartbeat({ intervalMs, forMs: 600_000, seed, publishesAtMs, busyMs: 5 });
        expect(result.longestSendGapMs).toBeLessThanOrEqual(intervalMs / 4 + intervalMs / 8 + 30);
      }),
      { numRuns: 300 },
    );
    expect(simulateHeartbeat(mixedTraffic(1)).longestSendGapMs).toBeLessThanOrEqual(22_530);
  });

  it('are not sent while our own traffic flows', () => {
    const publishesAtMs = Array.from({ length: 600 }, (_, second) => second * 1_000 + 1);
    expect(simulateHeartbeat({ intervalMs, forMs: 600_000, publishesAtMs }).beatsAtMs).toEqual([]);
  });

  it('start with one at once after a stall', () => {
    const { beatsAtMs, stalls } = simulateHeartbeat({
      intervalMs,
      forMs: 201_000,
      stalls: [{ atMs: 20_000, lastsMs: 160_000, where: 'poll' }],
      peerCloses: false,
    });
    expect(beatsAtMs).toEqual([15_000, 180_000, 195_000]);
    expect(stalls).toEqual([{ kind: 'loop', gapMs: 165_000, peerMayHaveClosed: true }]);
  });

  it('let RabbitMQ forgive every stall up to 1.7 H', () => {
    const closed = Array.from({ length: 500 }, (_, seed) => simulateHeartbeat(forgiven(seed, 1.7)).closedByPeerAtMs);
    expect(closed.filter((atMs) => atMs !== undefined)).toEqual([]);
  });
});
