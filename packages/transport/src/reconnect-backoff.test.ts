import { seededRandom } from '@leveret/retry/testing';
import { describe, expect, it } from 'vitest';
import { reconnectBackoff } from './reconnect-backoff.js';

/**
 * When clients that lost their broker at 0 connect after it is back, in ms from then on. An attempt takes 2 to 5 ms.
 * `clientsPerProcess` share one source of moments, as the connections of one process do.
 */
function comeBack(clients: number, clientsPerProcess: number, outageMs: number, seed: number): readonly number[] {
  const random = seededRandom(seed);
  let moment = 0;
  const shared = () => {
    moment = (moment + (Math.sqrt(5) - 1) / 2) % 1;
    return moment;
  };
  return Array.from({ length: clients }, (_, index) => {
    if (index % clientsPerProcess === 0) moment = random();
    let now = 0;
    const waits = reconnectBackoff({ random, now: () => now, moment: shared })[Symbol.iterator]();
    for (;;) {
      now += waits.next().value ?? Number.NaN;
      if (now >= outageMs) return now - outageMs;
      now += 2 + 3 * random();
    }
  });
}

/** The most that connect within any 100 ms. */
function peak(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  let from = 0;
  return sorted.reduce((most, time, index) => {
    while (time - (sorted[from] ?? time) >= 100) from += 1;
    return Math.max(most, index - from + 1);
  }, 0);
}

const OUTAGES_MS = [150, 1_000, 2_000, 5_000, 12_345, 30_000, 120_000];
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

describe('reconnectBackoff', () => {
  it.each(OUTAGES_MS)('brings a thousand clients of one process back evenly after an outage of %d ms', (outageMs) => {
    for (const seed of SEEDS) {
      const times = comeBack(1_000, 1_000, outageMs, seed);
      expect(peak(times)).toBeLessThanOrEqual(60);
      expect(Math.max(...times)).toBeLessThanOrEqual(1_860);
    }
  });

  it('keeps the clients of ten processes almost as far apart', () => {
    for (const seed of SEEDS) expect(peak(comeBack(1_000, 100, 12_345, seed))).toBeLessThanOrEqual(60);
  });

  it('leaves those of a thousand processes to chance, which gathers a few', () => {
    for (const seed of SEEDS) expect(peak(comeBack(1_000, 1, 12_345, seed))).toBeLessThanOrEqual(85);
  });

  it('brings back whoever has lost a broker that is up within a tenth of a second', () => {
    for (const seed of SEEDS) expect(Math.max(...comeBack(100, 100, 0, seed))).toBeLessThan(100);
  });

  it('waits longer the longer an outage lasts, up to 8 s', () => {
    // All skip the same periods, so what is left of the wait depends on when the outage ends.
    const outages = [0, 2_000, 4_000, 6_000].map((more) => comeBack(1_000, 1_000, 3_600_000 + more, 1));
    for (const times of outages) expect(peak(times)).toBeLessThanOrEqual(60);
    expect(Math.max(...outages.flat())).toBeGreaterThan(6_000);
    expect(Math.max(...outages.flat())).toBeLessThanOrEqual(7_410);
  });

  it('hits its moment again when attempts take longer than a period', () => {
    let now = 0;
    const waits = reconnectBackoff({ random: () => 0.5, now: () => now, moment: () => 0.25 })[Symbol.iterator]();
    const attempts = Array.from({ length: 4 }, () => {
      now += waits.next().value ?? Number.NaN;
      const at = now;
      now += 5_000;
      return at;
    });
    expect(attempts).toEqual([50, 6_012.5, 11_562.5, 17_112.5]);
  });

  it('gives each connection of this process a moment of its own', () => {
    const seconds = Array.from({ length: 100 }, () => {
      const waits = reconnectBackoff({ now: () => 0 })[Symbol.iterator]();
      waits.next();
      return waits.next().value ?? Number.NaN;
    }).toSorted((a, b) => a - b);
    const gaps = seconds.slice(1).map((second, index) => second - (seconds[index] ?? Number.NaN));
    expect(Math.max(...gaps)).toBeLessThan(40);
  });
});
