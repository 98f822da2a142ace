import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { first, seeded, thrownBy } from '../test/support.js';
import {
  type Backoff,
  constant,
  decorrelated,
  exponential,
  fibonacci,
  type Jitter,
  jittered,
  linear,
  type Random,
} from './backoffs.js';

const lowest: Random = () => 0;
const highest: Random = () => 1 - 2 ** -53;

describe('jittered', () => {
  it('draws between nothing and the wait when full', () => {
    expect(first(2, jittered([800, 1000], 'full', { random: () => 0.25 }))).toEqual([200, 250]);
  });

  it('draws from the upper half when equal', () => {
    expect(first(2, jittered([800, 1000], 'equal', { random: () => 0.25 }))).toEqual([500, 625]);
  });

  it('draws from the share below the wait when given a ratio', () => {
    expect(first(2, jittered([800, 1000], { ratio: 0.2 }, { random: () => 0.5 }))).toEqual([720, 900]);
  });

  it('ends where the backoff ends', () => {
    expect([...jittered([100, 200], 'full', { random: lowest })]).toEqual([0, 0]);
  });

  it('lets go of the backoff when it is left early', () => {
    let closed = 0;
    const source: Backoff = {
      *[Symbol.iterator]() {
        try {
          for (;;) yield 100;
        } finally {
          closed++;
        }
      },
    };
    first(2, jittered(source, 'full'));
    expect(closed).toBe(1);
  });

  it('stays within its bounds, whatever the wait and the chance', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1 - 2 ** -53, noNaN: true }),
        (ms, ratio, chance) => {
          for (const jitter of ['full', 'equal', { ratio }] satisfies Jitter[]) {
            const share = typeof jitter === 'object' ? jitter.ratio : jitter === 'full' ? 1 : 0.5;
            for (const random of [lowest, highest, () => chance]) {
              const [delayMs = Number.NaN] = first(1, jittered([ms], jitter, { random }));
              expect(delayMs).toBeGreaterThanOrEqual(ms - ms * share);
              expect(delayMs).toBeLessThanOrEqual(ms);
            }
          }
        },
      ),
    );
  });

  it('refuses an unknown jitter, a ratio above 1, and what is no backoff', () => {
    expect(() => jittered([1], 'half' as 'full')).toThrow(
      "`jitter` is undefined: give 'full', 'equal' or { ratio } from 0 to 1.",
    );
    expect(() => jittered([1], { ratio: 2 })).toThrow("`jitter` is 2: give 'full', 'equal' or { ratio } from 0 to 1.");
    expect(() => jittered('100' as unknown as Backoff, 'full')).toThrow('`backoff` is string: give an iterable');
    expect(() => jittered([1], 'full', { random: 1 as unknown as Random })).toThrow('`random` is 1');
  });
});

describe('decorrelated', () => {
  it('draws between the least wait and three times the last one', () => {
    const delays = first(3, decorrelated({ initialMs: 100, maxMs: 1000, random: () => 0.5 }));
    // Half way from 100 to 300; from 100 to 600; from 100 to the cap.
    expect(delays).toEqual([200, 350, 550]);
  });

  it('stays within its bounds', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        (a, b) => {
          fc.pre(a !== b);
          const [initialMs, maxMs] = a < b ? [a, b] : [b, a];
          for (const random of [lowest, highest, seeded(1)]) {
            for (const delayMs of first(100, decorrelated({ initialMs, maxMs, random }))) {
              expect(delayMs >= initialMs && delayMs <= maxMs).toBe(true);
            }
          }
        },
      ),
    );
  });

  it('refuses options that leave nothing to chance', () => {
    expect(() => decorrelated({ initialMs: 0 })).toThrow('0 times anything is 0');
    expect(thrownBy(() => decorrelated({ initialMs: 500, maxMs: 500 }))).toMatchObject({ option: 'maxMs' });
    expect(() => decorrelated({ factor: 1 })).toThrow('give more than 1');
  });
});

describe('at the cap', () => {
  const atTheCap: Record<string, (random: Random) => Backoff> = {
    'full, constant': (random) => jittered(constant(30_000), 'full', { random }),
    'full, exponential': (random) => jittered(exponential(), 'full', { random }),
    'equal, exponential': (random) => jittered(exponential(), 'equal', { random }),
    'half, exponential': (random) => jittered(exponential(), { ratio: 0.5 }, { random }),
    'equal, linear': (random) => jittered(linear({ startMs: 1000, stepMs: 5000, maxMs: 30_000 }), 'equal', { random }),
    'equal, fibonacci': (random) => jittered(fibonacci(), 'equal', { random }),
    decorrelated: (random) => decorrelated({ random }),
  };

  it('without jitter, 2000 clients whose attempts all fail at one instant return together', () => {
    const waits = Array.from({ length: 2000 }, () => waitAfter(600_000, exponential()));
    expect(new Set(waits)).toEqual(new Set([30_000]));
  });

  for (const [name, make] of Object.entries(atTheCap)) {
    it(`fewer than 2 of 1000 even draws are the longest wait (${name})`, () => {
      let hits = 0;
      for (let point = 0; point < 1000; point++) {
        let draws = 0;
        // Up to the cap with the most of chance, and then one draw of the grid.
        const random: Random = () => (++draws <= 20 ? highest() : point / 1000);
        if (first(21, make(random)).at(-1) === 30_000) hits++;
      }
      expect(hits).toBeLessThan(2);
    });

    it(`2000 clients whose attempts all fail at one instant, long into an outage, do not return together (${name})`, () => {
      const random = seeded(7);
      const perTenth = new Map<number, number>();
      for (let client = 0; client < 2000; client++) {
        const tenth = Math.floor(waitAfter(600_000, make(random)) / 100);
        perTenth.set(tenth, (perTenth.get(tenth) ?? 0) + 1);
      }
      expect(Math.max(...perTenth.values())).toBeLessThanOrEqual(30);
    });
  }
});

/** The wait that follows the one in progress at `ms`. */
function waitAfter(ms: number, backoff: Backoff): number {
  let endsAt = 0;
  for (const delayMs of backoff) {
    if (endsAt > ms) return delayMs;
    endsAt += delayMs;
  }
  throw new Error('The backoff ended.');
}
