import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { rejection } from '../test/support.js';
import type { Attempt } from './attempt.js';
import { constant } from './backoffs.js';
import { ratioBudget } from './budget.js';
import { retry, wrap } from './retry.js';
import { retryInfo } from './retry-info.js';
import { VirtualClock } from './testing.js';
import { timeLimit } from './timeout.js';

describe('shouldRetryResult', () => {
  const busy = (failures: number) => (attempt: Attempt) => ({ status: attempt.number > failures ? 200 : 503 });

  it.each([(refused: boolean) => refused, async (refused: boolean) => refused])(
    'tries again after a value it refuses, and tells the next attempt of it',
    async (answer) => {
      const clock = new VirtualClock();
      const seen: unknown[] = [];
      const operation = (attempt: Attempt) => {
        seen.push(attempt.lastError);
        return busy(2)(attempt);
      };
      const shouldRetryResult = ({ status }: { status: number }) => answer(status === 503);
      const work = retry(operation, { backoff: constant(10), shouldRetryResult, clock });
      expect(await clock.run(work)).toEqual({ status: 200 });
      expect(seen).toEqual([undefined, { status: 503 }, { status: 503 }]);
      expect(clock.now()).toBe(20);
    },
  );

  it('gives the last value back as it is when retrying ends, with its story', async () => {
    const clock = new VirtualClock();
    const values: object[] = [];
    const operation = () => {
      const value = {};
      values.push(value);
      return value;
    };
    const value = await clock.run(retry(operation, { retries: 1, shouldRetryResult: () => true, clock }));
    expect(value).toBe(values[1]);
    expect(retryInfo(value)).toMatchObject({ reason: 'retries', attempts: 2, errors: values });
  });

  it('ends retrying with what it throws', async () => {
    const fault = new Error('a bug');
    const shouldRetryResult = () => {
      throw fault;
    };
    expect(await rejection(retry(() => 1, { shouldRetryResult }))).toBe(fault);
    expect(retryInfo(fault)).toMatchObject({ reason: 'callback-failed', attempts: 1 });
  });

  it('is not asked about errors, nor shouldRetry about values', async () => {
    const clock = new VirtualClock();
    const asked: string[] = [];
    const policy = {
      backoff: constant(1),
      shouldRetry: () => asked.push('error') > 0,
      shouldRetryResult: (value: number) => asked.push('result') > 0 && value < 3,
      clock,
    };
    const operation = ({ number }: Attempt) => {
      if (number === 1) throw new Error('no');
      return number;
    };
    expect(await clock.run(retry(operation, policy))).toBe(3);
    expect(asked).toEqual(['error', 'result', 'result']);
  });
});

describe('wrap', () => {
  it('passes arguments and this on, and retries', async () => {
    const clock = new VirtualClock();
    let calls = 0;
    const counter = {
      step: 5,
      add: wrap(
        function (this: { step: number }, a: number, b: number) {
          if (++calls < 3) throw new Error('again');
          return this.step + a + b;
        },
        { backoff: constant(10), clock },
      ),
    };
    expect(await clock.run(counter.add(1, 2))).toBe(8);
    expect([calls, clock.now()]).toEqual([3, 20]);
  });

  it('refuses a policy that cannot be at once', () => {
    expect(() => wrap(() => 1, { retries: -1 })).toThrow('`retries` is -1');
    expect(() => wrap(5 as unknown as () => number)).toThrow('`operation` is 5');
  });
});

describe('a cooperative time limit', () => {
  it('waits for the attempt to end, and takes its own failure or value', async () => {
    const clock = new VirtualClock();
    let running = 0;
    const operation = async ({ number, signal }: Attempt) => {
      expect(++running).toBe(1);
      await new Promise<void>((resolve) => void clock.setTimer(resolve, 150, false));
      running--;
      expect(signal.aborted).toBe(true);
      if (number === 1) throw new Error('cleaned up');
      return 'late but done';
    };
    const policy = { attemptTimeout: timeLimit(100, 'cooperative'), backoff: constant(10), clock };
    expect(await clock.run(retry(operation, policy))).toBe('late but done');
    expect([clock.now(), clock.pending]).toEqual([310, 0]);
  });

  it('still ends at once when the caller aborts', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const policy = { attemptTimeout: timeLimit(100, 'cooperative'), clock };
    const work = rejection(retry(() => new Promise(() => {}), policy, { signal: controller.signal }));
    await clock.advance(150);
    controller.abort('stop');
    expect(await work).toBe('stop');
    expect([clock.pending, getEventListeners(controller.signal, 'abort')]).toEqual([0, []]);
  });

  it('refuses a mode that does not exist', () => {
    expect(() => timeLimit(5, 'kind' as 'race')).toThrow("give 'race' or 'cooperative'");
    expect(() => timeLimit(Number.POSITIVE_INFINITY)).toThrow('`ms` is Infinity');
  });
});

it('an abort while waiting gives the budget back what it paid', async () => {
  const clock = new VirtualClock();
  const budget = ratioBudget({ ratio: 1, minPerSecond: 0, clock });
  const controller = new AbortController();
  const operation = () => {
    throw new Error('no');
  };
  const work = rejection(retry(operation, { backoff: constant(500), budget, clock }, { signal: controller.signal }));
  await clock.advance(100);
  expect(budget.balance).toBe(0);
  controller.abort('stop');
  expect(await work).toBe('stop');
  expect(budget.balance).toBe(1);
});

it('keeps waits that no timer can hold, and ends them by an abort', async () => {
  const clock = new VirtualClock();
  const calledAt: number[] = [];
  const operation = () => {
    calledAt.push(clock.now());
    throw new Error('no');
  };
  const days = 40 * 24 * 3600 * 1000;
  await rejection(clock.run(retry(operation, { retries: 1, backoff: [days], clock })));
  expect(calledAt).toEqual([0, days]);
});
