import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { rejection } from '../test/support.js';
import { attempts } from './attempts.js';
import { constant } from './backoffs.js';
import { throttleBudget } from './budget.js';
import type { RetryPolicy } from './policy.js';
import { retryInfo } from './retry-info.js';
import { VirtualClock } from './testing.js';
import { timeLimit } from './timeout.js';

/** Fails `failures` times in a loop, then ends as told. */
async function loop(failures: number, policy: RetryPolicy, signal?: AbortSignal): Promise<number[]> {
  const numbers: number[] = [];
  for await (const attempt of attempts(policy, { signal })) {
    numbers.push(attempt.number);
    if (attempt.number <= failures) attempt.failed(new Error(`failure ${attempt.number}`));
  }
  return numbers;
}

describe('attempts', () => {
  it('goes round until a body does not report a failure', async () => {
    const clock = new VirtualClock();
    expect(await clock.run(loop(2, { backoff: [100, 250], clock }))).toEqual([1, 2, 3]);
    expect(clock.now()).toBe(350);
  });

  it('throws the last error when it gives up', async () => {
    const clock = new VirtualClock();
    const error = await rejection(clock.run(loop(9, { backoff: constant(10), clock })));
    expect(error).toMatchObject({ message: 'failure 4' });
    expect(retryInfo(error)).toMatchObject({ reason: 'retries', attempts: 4, elapsedMs: 30 });
  });

  it('gives up on undefined as on any error', async () => {
    const clock = new VirtualClock();
    const work = async (): Promise<void> => {
      for await (const attempt of attempts({ retries: 1, clock })) attempt.failed(undefined);
    };
    expect(await rejection(clock.run(work()))).toBe(undefined);
  });

  it('ends a wait with the reason of the abort', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const working = rejection(loop(9, { backoff: constant(600), clock }, controller.signal));
    await clock.advance(50);
    controller.abort('stop');
    expect(await working).toBe('stop');
    expect(clock.pending).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('leaves neither timer nor listener when the body breaks, returns or throws', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    const policy = { attemptTimeout: timeLimit(1000), clock };
    for await (const attempt of attempts(policy, { signal })) {
      expect(attempt.signal.aborted).toBe(false);
      expect(clock.pending).toBe(1);
      break;
    }
    const returned = async (): Promise<number> => {
      for await (const attempt of attempts(policy, { signal })) return attempt.number;
      return 0;
    };
    expect(await returned()).toBe(1);
    const thrown = async (): Promise<void> => {
      for await (const attempt of attempts(policy, { signal })) throw attempt.number;
    };
    expect(await rejection(thrown())).toBe(1);
    expect(clock.pending).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('counts an attempt whose body was left as a success for the budget', async () => {
    const clock = new VirtualClock();
    const budget = throttleBudget({ maxTokens: 10, tokenRatio: 1 });
    const work = async (): Promise<number> => {
      for await (const attempt of attempts({ backoff: [5], budget, clock })) {
        if (attempt.number === 2) return attempt.number;
        attempt.failed('once');
      }
      return 0;
    };
    const before = budget.balance;
    expect(await clock.run(work())).toBe(2);
    expect(budget.balance).toBe(before);
  });

  it('ends as usual when a body succeeds that an abort has come to', async () => {
    const controller = new AbortController();
    const numbers: number[] = [];
    for await (const attempt of attempts({}, { signal: controller.signal })) {
      controller.abort('stop');
      numbers.push(attempt.number);
    }
    expect(numbers).toEqual([1]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('aborts the signal of an attempt that takes too long', async () => {
    const clock = new VirtualClock();
    const work = async (): Promise<unknown[]> => {
      const reasons: unknown[] = [];
      for await (const attempt of attempts({ attemptTimeout: timeLimit(1000), backoff: [5], clock })) {
        if (attempt.number === 2) break;
        await new Promise((resolve) => attempt.signal.addEventListener('abort', resolve));
        reasons.push(attempt.signal.reason);
        attempt.failed(attempt.signal.reason);
      }
      return reasons;
    };
    expect(await clock.run(work())).toMatchObject([{ code: 'ERR_LEVERET_RETRY_ATTEMPT_TIMEOUT', attempt: 1 }]);
    expect(clock.now()).toBe(1005);
    expect(clock.pending).toBe(0);
  });

  it('starts anew when it is iterated again', async () => {
    const clock = new VirtualClock();
    const again = attempts({ backoff: [5], clock });
    for (let round = 0; round < 2; round++) {
      const numbers: number[] = [];
      const work = async (): Promise<void> => {
        for await (const attempt of again) {
          numbers.push(attempt.number);
          if (attempt.number === 1) attempt.failed('once');
        }
      };
      await clock.run(work());
      expect(numbers).toEqual([1, 2]);
    }
  });

  it('refuses a policy that cannot be when it is called, not when it is iterated', () => {
    expect(() => attempts({ retries: -1 })).toThrow('`retries` is -1');
    expect(() => attempts({}, { onRetry: 5 as unknown as () => void })).toThrow('`onRetry` is 5');
  });
});
