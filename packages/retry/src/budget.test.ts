import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constant } from './backoffs.js';
import { ratioBudget, throttleBudget } from './budget.js';
import { retry } from './retry.js';
import { VirtualClock } from './testing.js';

describe('ratioBudget', () => {
  it('allows one retry for five calls by default, and ten a second on top', () => {
    const clock = new VirtualClock();
    const budget = ratioBudget({ clock });
    expect(budget.balance).toBe(100);
    for (let call = 0; call < 10; call++) budget.called();
    expect(budget.balance).toBe(102);
    for (let n = 0; n < 102; n++) expect(budget.withdraw()).toBe(true);
    expect(budget.withdraw()).toBe(false);
    budget.refund();
    expect(budget.withdraw()).toBe(true);
  });

  it('forgets calls and retries after its time', async () => {
    const clock = new VirtualClock();
    const budget = ratioBudget({ ratio: 1, minPerSecond: 0, ttlMs: 1000, clock });
    budget.called();
    await clock.advance(900);
    expect(budget.balance).toBe(1);
    await clock.advance(100);
    expect(budget.balance).toBe(0);
    await clock.advance(1e9);
    budget.called();
    expect([budget.withdraw(), budget.withdraw()]).toEqual([true, false]);
  });

  it('equals a bucket in exact arithmetic, whatever happens when', async () => {
    const event = fc.record({ afterMs: fc.nat(400), what: fc.constantFrom('called', 'withdraw') });
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 200 }),
        fc.constantFrom(0.1, 0.2, 0.25, 0.5, 1, 2),
        fc.nat(3),
        async (events, ratio, minPerSecond) => {
          const clock = new VirtualClock();
          const budget = ratioBudget({ ratio, minPerSecond, ttlMs: 2000, clock });
          // In thousandths of a call: what came in and went out, by the fifth of a second it happened in.
          const log: { slice: number; amount: bigint }[] = [];
          const cost = BigInt(1000 / ratio);
          for (const { afterMs, what } of events) {
            await clock.advance(afterMs);
            const slice = Math.floor(clock.now() / 200);
            const left = log.reduce(
              (sum, each) => (each.slice > slice - 10 ? sum + each.amount : sum),
              BigInt(minPerSecond * 2) * cost,
            );
            if (what === 'called') {
              budget.called();
              log.push({ slice, amount: 1000n });
            } else {
              expect(budget.withdraw()).toBe(left >= cost);
              if (left >= cost) log.push({ slice, amount: -cost });
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('keeps an outage from being made worse: 1.2 times the load at a fifth', async () => {
    const clock = new VirtualClock();
    const budget = ratioBudget({ ratio: 0.2, minPerSecond: 0, clock });
    let attempts = 0;
    const operation = () => {
      attempts++;
      throw new Error('down');
    };
    for (let call = 0; call < 1000; call++) {
      await clock.run(retry(operation, { retries: 4, backoff: constant(1), budget, clock }).catch(() => {}));
    }
    expect(attempts).toBe(1200);
  });

  it('refuses what cannot be', () => {
    expect(() => ratioBudget({ ratio: -1 })).toThrow('`ratio` is -1');
    expect(() => ratioBudget({ ttlMs: 5 })).toThrow('`ttlMs` is 5: give a number from 1000 to 60000.');
  });
});

describe('throttleBudget', () => {
  it('follows A6: one token a failure, a ratio of one a success, no retry at half or below', () => {
    const budget = throttleBudget({ maxTokens: 10, tokenRatio: 0.5 });
    const allowed: boolean[] = [];
    for (let failure = 0; failure < 6; failure++) {
      budget.failed();
      allowed.push(budget.withdraw());
    }
    expect(allowed).toEqual([true, true, true, true, false, false]);
    for (let success = 0; success < 2; success++) budget.succeeded();
    expect(budget.withdraw()).toBe(false);
    budget.succeeded();
    expect(budget.withdraw()).toBe(true);
  });

  it('stays between nothing and its maximum', () => {
    const budget = throttleBudget({ maxTokens: 3, tokenRatio: 0.1 });
    for (let n = 0; n < 50; n++) budget.failed();
    for (let n = 0; n < 16; n++) budget.succeeded();
    expect(budget.withdraw()).toBe(true);
    for (let n = 0; n < 1000; n++) budget.succeeded();
    expect(budget.balance).toBe(2);
  });

  it('refuses what cannot be', () => {
    expect(() => throttleBudget({ maxTokens: 0, tokenRatio: 1 })).toThrow('`maxTokens` is 0');
    expect(() => throttleBudget({ maxTokens: 5, tokenRatio: 0.0001 })).toThrow('`tokenRatio` is 0.0001');
  });
});
