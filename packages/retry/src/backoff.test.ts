import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { first, thrownBy } from '../test/support.js';
import { constant, exponential, fibonacci, linear } from './backoffs.js';

describe('constant', () => {
  it('waits the same each time', () => {
    expect(first(4, constant(250))).toEqual([250, 250, 250, 250]);
  });
});

describe('linear', () => {
  it('grows by the step and never passes the cap', () => {
    expect(first(6, linear({ startMs: 100, stepMs: 150, maxMs: 500 }))).toEqual([100, 250, 400, 500, 500, 500]);
  });

  it('keeps the first wait when the step is zero', () => {
    expect(first(3, linear({ startMs: 100, stepMs: 0, maxMs: 500 }))).toEqual([100, 100, 100]);
  });

  it('begins at the cap when the start is above it', () => {
    expect(first(3, linear({ startMs: 900, stepMs: 1, maxMs: 500 }))).toEqual([500, 500, 500]);
  });

  it('counts as kombu does: past the cap by the start, and then repeats the last value that fitted', () => {
    const kombu = linear({ startMs: 1000, stepMs: 2000, maxMs: 5000, compat: 'kombu' });
    expect(first(6, kombu)).toEqual([1000, 3000, 5000, 5000, 5000, 5000]);
    const uneven = linear({ startMs: 1000, stepMs: 5000, maxMs: 30_000, compat: 'kombu' });
    expect(first(9, uneven)).toEqual([1000, 6000, 11_000, 16_000, 21_000, 26_000, 31_000, 31_000, 31_000]);
  });

  it('stays at zero for start and cap zero, where kombu knows no cap', () => {
    expect(first(3, linear({ startMs: 0, stepMs: 2000, maxMs: 0, compat: 'kombu' }))).toEqual([0, 0, 0]);
  });

  it('stays within start and cap, and never shrinks, whatever the options', () => {
    const ms = fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true });
    fc.assert(
      fc.property(ms, ms, ms, fc.constantFrom('kombu' as const, undefined), (startMs, stepMs, maxMs, compat) => {
        fc.pre(Number.isFinite(startMs + maxMs));
        let lastMs = 0;
        for (const delayMs of first(50, linear({ startMs, stepMs, maxMs, compat }))) {
          expect(delayMs).toBeGreaterThanOrEqual(lastMs);
          expect(delayMs).toBeLessThanOrEqual(compat === 'kombu' ? maxMs + startMs : maxMs);
          lastMs = delayMs;
        }
      }),
    );
  });
});

describe('exponential', () => {
  it('doubles from 100 ms up to 30 s by default', () => {
    const delays = first(11, exponential());
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  });

  it('takes another factor', () => {
    expect(first(5, exponential({ initialMs: 10, factor: 3, maxMs: 500 }))).toEqual([10, 30, 90, 270, 500]);
  });

  it('equals exact arithmetic cut off at the cap, for 2000 attempts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        (initialMs, factor, maxMs) => {
          let exact = BigInt(initialMs);
          for (const delayMs of first(2000, exponential({ initialMs, factor, maxMs }))) {
            expect(BigInt(delayMs)).toBe(exact < BigInt(maxMs) ? exact : BigInt(maxMs));
            exact *= BigInt(factor);
            // The reference may stop growing once it is beyond every cap.
            if (exact > 2n ** 64n) exact = 2n ** 64n;
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('saturates instead of reaching Infinity', () => {
    const delays = first(3, exponential({ initialMs: 1e300, factor: 1e300, maxMs: Number.MAX_VALUE }));
    expect(delays).toEqual([1e300, Number.MAX_VALUE, Number.MAX_VALUE]);
  });
});

describe('fibonacci', () => {
  it('adds the two waits before, up to the cap', () => {
    expect(first(8, fibonacci({ maxMs: 1000 }))).toEqual([100, 100, 200, 300, 500, 800, 1000, 1000]);
  });

  it('never exceeds the cap and never shrinks, for a thousand attempts', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(1e15), (initialMs, maxMs) => {
        let lastMs = 0;
        for (const delayMs of first(1000, fibonacci({ initialMs, maxMs }))) {
          expect(delayMs >= lastMs && delayMs <= maxMs).toBe(true);
          lastMs = delayMs;
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('every backoff', () => {
  it('starts anew with each iteration', () => {
    for (const backoff of [
      constant(5),
      linear({ startMs: 1, stepMs: 1, maxMs: 9 }),
      exponential({ initialMs: 1 }),
      fibonacci({ initialMs: 1 }),
    ]) {
      expect(first(5, backoff)).toEqual(first(5, backoff));
    }
  });

  it('refuses what is not a duration, and says what to give', () => {
    expect(thrownBy(() => constant(-1))).toMatchObject({
      name: 'RetryError',
      code: 'ERR_LEVERET_RETRY_OPTION',
      option: 'ms',
      message: '`ms` is -1: give a number, 0 or more.',
    });
    expect(thrownBy(() => constant('5' as unknown as number))).toMatchObject({
      code: 'ERR_LEVERET_RETRY_OPTION',
      message: '`ms` is string: give a number, 0 or more.',
    });
    expect(() => constant(Number.NaN)).toThrow('`ms` is NaN');
    expect(() => exponential({ maxMs: Number.POSITIVE_INFINITY })).toThrow('`maxMs` is Infinity');
    expect(() => exponential({ factor: 0.5 })).toThrow('`factor` is 0.5: give a number, 1 or more.');
    expect(() => fibonacci({ initialMs: -5 })).toThrow('`initialMs` is -5');
    expect(() => linear({ startMs: 1, stepMs: -1, maxMs: 3 })).toThrow('`stepMs` is -1');
    expect(() => linear({ startMs: 1, stepMs: 1, maxMs: 3, compat: 'celery' as 'kombu' })).toThrow("give 'kombu'");
    expect(() => exponential(5 as unknown as object)).toThrow('`options` is 5: give an object.');
  });
});
