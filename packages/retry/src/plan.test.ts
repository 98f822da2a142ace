import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constant, decorrelated, exponential, fibonacci, jittered, linear } from './backoffs.js';
import { plan, planSvg, planText } from './plan.js';
import { retry } from './retry.js';
import { seededRandom, VirtualClock } from './testing.js';

describe('plan', () => {
  it('gives each attempt its wait, its time and their bounds', () => {
    const rows = plan({ backoff: jittered([100, 200], 'equal'), retries: 2 }, { attemptMs: 10 });
    expect(rows).toEqual([
      { attempt: 1, delayMs: 0, minMs: 0, maxMs: 0, atMs: 0, earliestMs: 0, latestMs: 0 },
      expect.objectContaining({ attempt: 2, delayMs: 75, minMs: 50, atMs: 85, earliestMs: 60 }),
      expect.objectContaining({ attempt: 3, delayMs: 150, minMs: 100, atMs: 245, earliestMs: 170 }),
    ]);
    expect(rows[2]?.maxMs).toBeCloseTo(200);
  });

  it('ends where the policy does, and where it is told to if that never ends', () => {
    expect(plan()).toHaveLength(4);
    expect(plan({ backoff: constant(100), retries: 9, maxElapsedMs: 250 })).toHaveLength(3);
    expect(plan({ retries: Number.POSITIVE_INFINITY }, { attempts: 50 })).toHaveLength(50);
    expect(() => plan({}, { attempts: 0 })).toThrow('`attempts` is 0');
  });

  it('waits only after full rounds of hosts', () => {
    const rows = plan({ backoff: constant(100), retries: 4, hosts: 2 });
    expect(rows.map(({ atMs }) => atMs)).toEqual([0, 0, 100, 100, 200]);
  });

  it('is what retry does with the same seed, and within its bounds, for every backoff', async () => {
    const backoffs = [
      jittered(exponential(), 'full'),
      jittered(fibonacci(), 'equal'),
      jittered(linear({ startMs: 100, stepMs: 300, maxMs: 2000 }), { ratio: 0.3 }),
      decorrelated(),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...backoffs),
        fc.integer(),
        fc.nat(12),
        fc.integer({ min: 1, max: 3 }),
        async (backoff, seed, retries, hosts) => {
          const clock = new VirtualClock();
          const at: number[] = [];
          const operation = () => {
            at.push(clock.now());
            throw new Error('no');
          };
          const policy = { backoff, retries, hosts };
          await clock.run(retry(operation, { ...policy, clock, random: seededRandom(seed) }).catch(() => {}));
          const rows = plan({ ...policy, random: seededRandom(seed) });
          expect(rows.map(({ atMs }) => atMs)).toEqual(at);
          for (const row of rows) {
            expect(row.minMs <= row.delayMs && row.delayMs <= row.maxMs).toBe(true);
            expect(row.earliestMs <= row.atMs && row.atMs <= row.latestMs).toBe(true);
          }
        },
      ),
    );
  });
});

const pictured = { backoff: jittered(exponential({ initialMs: 100, maxMs: 1000 }), 'equal'), retries: 4 };

it('draws a plan as text', () => {
  expect(`\n${planText(pictured, { width: 30 })}\n`).toBe(`
1    0 ms           0 ms  ●
2   75 ms   50 ms–100 ms   ●─
3  225 ms  100 ms–200 ms     ─●──
4  525 ms  200 ms–400 ms         ───●────
5  1.13 s  400 ms–800 ms                 ───────●───────
`);
});

it('draws a plan as a picture that stands alone', () => {
  const svg = planSvg(pictured);
  expect(svg.match(/<circle /g)).toHaveLength(5);
  expect(svg).toContain('viewBox="0 0 640 118"');
  expect(svg).not.toMatch(/href|script|style=|NaN|Infinity/);
});
