import { expect, it } from 'vitest';
import { constant, jittered } from './backoffs.js';
import type { Budget } from './budget.js';
import { retryInfo } from './retry-info.js';
import { createSession } from './session.js';

/** A budget that notes what it is told, and has `left` retries to give. */
function notedBudget(left: number): { budget: Budget; told: string[] } {
  const told: string[] = [];
  const budget: Budget = {
    called: () => void told.push('called'),
    succeeded: () => void told.push('succeeded'),
    failed: () => void told.push('failed'),
    refund: () => void told.push('refund'),
    withdraw: () => {
      told.push('withdraw');
      return left-- > 0;
    },
  };
  return { budget, told };
}

it('tells the wait after each failure, then the reason of the end', () => {
  const session = createSession({ retries: 2, backoff: [100, 250, 400] }, 1000);
  expect(session.begin()).toBe(1);
  session.failed('first');
  expect(session.next(1010)).toBe(100);
  expect(session.begin()).toBe(2);
  session.failed('second');
  expect(session.next(1120)).toBe(250);
  session.begin();
  session.failed('third');
  expect(session.next(1400)).toBe('retries');
  const last = new Error('third');
  session.conclude(last, 'retries', 1400);
  session.end();
  expect(retryInfo(last)).toEqual({
    reason: 'retries',
    attempts: 3,
    elapsedMs: 400,
    errors: ['first', 'second', 'third'],
    omitted: 0,
  });
});

it('takes the wait that a server asks for as a floor, and gives up rather than cut it', () => {
  const policy = { retries: 9, backoff: constant(50), maxElapsedMs: 5000, maxRetryAfterMs: 3000 };
  const next = (asked: number | undefined, floorMs?: number) => {
    const session = createSession({ ...policy, retryAfter: () => asked }, 0);
    session.begin();
    session.failed('busy');
    return session.next(2500, floorMs);
  };
  expect(next(undefined)).toBe(50);
  expect(next(20)).toBe(50);
  expect(next(2000)).toBe(2000);
  expect(next(20, 700)).toBe(700);
  expect(next(2600)).toBe('elapsed');
  expect(next(3001)).toBe('retry-after');
  expect(() => next(Number.NaN)).toThrow('The delay after attempt 1');
});

it('waits only after each full round of hosts, unless a server asks for it', () => {
  const session = createSession({ retries: 9, backoff: [1000, 3000], hosts: 3 }, 0);
  const waits: (number | string)[] = [];
  for (let attempt = 1; attempt <= 9; attempt++) {
    session.begin();
    session.failed('down');
    waits.push(session.next(0, attempt === 4 ? 77 : 0));
  }
  expect(waits).toEqual([0, 0, 1000, 77, 0, 3000, 0, 0, 'backoff']);
});

it('charges the budget for a retry when nothing else forbids it, and once', () => {
  const { budget, told } = notedBudget(1);
  const session = createSession({ retries: 2, backoff: constant(10), maxElapsedMs: 100, budget }, 0);
  session.begin();
  session.failed('a');
  expect(session.next(0)).toBe(10);
  session.begin();
  session.failed('b');
  expect(session.next(95)).toBe('elapsed');
  session.end();
  expect(told).toEqual(['called', 'failed', 'withdraw', 'failed']);
});

it('ends when the budget has nothing left', () => {
  const { budget, told } = notedBudget(0);
  const session = createSession({ backoff: constant(10), budget }, 0);
  session.begin();
  session.failed('a');
  expect(session.next(0)).toBe('budget');
  session.end();
  expect(told).toEqual(['called', 'failed', 'withdraw']);
});

it('gives the budget back what a retry cost that was never begun', () => {
  const { budget, told } = notedBudget(5);
  const session = createSession({ backoff: constant(10), budget }, 0);
  session.begin();
  session.failed('a');
  session.next(0);
  session.end();
  session.end();
  expect(told).toEqual(['called', 'failed', 'withdraw', 'refund']);
});

it("draws a backoff's chance from the policy's random, where it has one", () => {
  const backoff = jittered(constant(100), 'full', { random: () => 0.9 });
  const first = (random?: () => number) => {
    const session = createSession({ backoff, random }, 0);
    session.begin();
    session.failed('a');
    return session.next(0);
  };
  expect([first(), first(() => 0.25)]).toEqual([90, 25]);
});
