import { describe, expect, it } from 'vitest';
import { failing, rejection } from '../test/support.js';
import { constant } from './backoffs.js';
import { retry } from './retry.js';
import { retryInfo } from './retry-info.js';
import { VirtualClock } from './testing.js';

describe('a fault in a callback', () => {
  const clock = new VirtualClock();
  const fault = new Error('a bug in the callback');
  const broken = (): never => {
    throw fault;
  };

  it.each([
    ['shouldRetry throws', { shouldRetry: broken }, {}],
    ['shouldRetry rejects', { shouldRetry: async () => broken() }, {}],
    ['onRetry throws', {}, { onRetry: broken }],
    ['onRetry rejects', {}, { onRetry: async () => broken() }],
    ['the backoff throws', { backoff: { [Symbol.iterator]: () => ({ next: broken }) } }, {}],
  ])('ends retrying with that fault: %s', async (_, policy, options) => {
    const { operation, calledAt } = failing(9, clock);
    const thrown = await rejection(clock.run(retry(operation, { backoff: constant(5), ...policy, clock }, options)));
    expect(thrown).toBe(fault);
    expect(calledAt).toHaveLength(1);
    expect(clock.pending).toBe(0);
    const info = retryInfo(thrown);
    expect(info).toMatchObject({ reason: 'callback-failed', attempts: 1 });
    expect(info?.errors).toMatchObject([{ message: 'failure 1' }]);
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, undefined as unknown as number, '5' as unknown as number])(
    'ends retrying when the backoff yields %s',
    async (delayMs) => {
      const thrown = await rejection(clock.run(retry(failing(9, clock).operation, { backoff: [delayMs], clock })));
      expect(thrown).toMatchObject({
        code: 'ERR_LEVERET_RETRY_DELAY',
        attempt: 1,
        cause: { message: 'failure 1' },
      });
      expect(clock.pending).toBe(0);
    },
  );

  it('waits for an onRetry that takes its time, and then looks at the time again', async () => {
    const slow = new VirtualClock();
    const { operation, calledAt } = failing(9, slow);
    const onRetry = () => new Promise<void>((resolve) => void slow.setTimer(resolve, 60, false));
    const policy = { backoff: constant(50), maxElapsedMs: 200, clock: slow };
    const error = await rejection(slow.run(retry(operation, policy, { onRetry })));
    // After the third call of onRetry, at 170, another wait of 50 would end too late.
    expect(calledAt).toEqual([0, 110]);
    expect(retryInfo(error)).toMatchObject({ reason: 'elapsed', elapsedMs: 170 });
  });

  it('closes the session of a generator that is left before its end', async () => {
    let closed = 0;
    const backoff = {
      *[Symbol.iterator]() {
        try {
          for (;;) yield 1;
        } finally {
          closed++;
        }
      },
    };
    await clock.run(retry(failing(1, clock).operation, { backoff, clock }));
    await rejection(clock.run(retry(failing(9, clock).operation, { backoff, clock })));
    expect(closed).toBe(2);
  });

  it('does not close a backoff that has ended by itself', async () => {
    let closed = 0;
    const session = {
      next: () => ({ done: true, value: undefined }) as const,
      return: () => {
        closed++;
        return { done: true, value: undefined } as const;
      },
    };
    const backoff = { [Symbol.iterator]: () => session };
    await rejection(clock.run(retry(failing(9, clock).operation, { backoff, clock })));
    expect(closed).toBe(0);
  });
});
