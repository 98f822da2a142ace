import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { failing, rejection } from '../test/support.js';
import type { Attempt } from './attempt.js';
import { constant } from './backoffs.js';
import { retry } from './retry.js';
import { retryInfo } from './retry-info.js';
import { VirtualClock } from './testing.js';
import { timeLimit } from './timeout.js';

describe('an abort', () => {
  it('before the start calls nothing', async () => {
    const reason = new Error('too late');
    const { operation, calledAt } = failing(0, new VirtualClock());
    expect(await rejection(retry(operation, {}, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(calledAt).toEqual([]);
    expect(retryInfo(reason)).toMatchObject({ reason: 'aborted', attempts: 0 });
  });

  it('ends a wait at once, with its reason, and the operation is not called again', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const { operation, calledAt } = failing(9, clock);
    const working = rejection(retry(operation, { backoff: constant(600), clock }, { signal: controller.signal }));
    await clock.advance(50);
    expect(clock.pending).toBe(1);
    controller.abort('stop');
    expect(clock.pending).toBe(0);
    expect(await working).toBe('stop');
    await clock.advance(10_000);
    expect(calledAt).toEqual([0]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('does not wait for an operation that does not heed it, nor lets its late failure go unhandled', async () => {
    const controller = new AbortController();
    let failLate: (error: Error) => void = () => {};
    const operation = () =>
      new Promise<never>((_, reject) => {
        failLate = reject;
      });
    const working = rejection(retry(operation, {}, { signal: controller.signal }));
    controller.abort('stop');
    expect(await working).toBe('stop');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    failLate(new Error('heard by nobody'));
    // An unhandled rejection would fail this test file.
    await new Promise(setImmediate);
  });

  it('that never comes leaves no listener, whether the operation succeeds or fails', async () => {
    const { signal } = new AbortController();
    await retry(async () => 'done', {}, { signal });
    await rejection(retry(() => Promise.reject('failed'), { retries: 0 }, { signal }));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('during shouldRetry or onRetry ends that wait too', async () => {
    const never = () => new Promise<never>(() => {});
    for (const [policy, options] of [
      [{ shouldRetry: never }, {}],
      [{}, { onRetry: never }],
    ] as const) {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const { operation, calledAt } = failing(9, clock);
      const working = rejection(retry(operation, { ...policy, clock }, { ...options, signal: controller.signal }));
      await clock.advance(1);
      controller.abort('stop');
      expect(await working).toBe('stop');
      expect([calledAt.length, clock.pending]).toEqual([1, 0]);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    }
  });

  it('by the operation itself wins over what the operation throws or gives', async () => {
    for (const end of [() => 'a result', () => Promise.reject(new Error('an error'))]) {
      const controller = new AbortController();
      const operation = () => {
        controller.abort('stop');
        return end();
      };
      expect(await rejection(retry(operation, {}, { signal: controller.signal }))).toBe('stop');
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    }
  });

  it('during shouldRetry makes no further attempt and asks nobody, whatever the answer is then', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const { operation, calledAt } = failing(9, clock);
    let answer: (again: boolean) => void = () => {};
    const told: string[] = [];
    const policy = {
      backoff: constant(5),
      shouldRetry: () =>
        new Promise<boolean>((resolve) => {
          answer = resolve;
        }),
      clock,
    };
    const onRetry = () => void told.push('retry');
    const working = rejection(retry(operation, policy, { signal: controller.signal, onRetry }));
    await clock.advance(1);
    controller.abort('stop');
    expect(await working).toBe('stop');
    answer(true);
    await clock.advance(100);
    expect([calledAt.length, told, clock.pending]).toEqual([1, [], 0]);
  });

  it('closes the backoff at once, and once, though the operation goes on', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    let closed = 0;
    const session = {
      next: () => ({ done: false, value: 10 }),
      return: () => {
        closed++;
        return { done: true, value: undefined } as const;
      },
    };
    let fail: (error: Error) => void = () => {};
    const operation = ({ number }: Attempt) =>
      new Promise<never>((_, reject) => {
        fail = reject;
        if (number === 1) fail(new Error('first'));
      });
    const policy = { backoff: { [Symbol.iterator]: () => session }, clock };
    const working = rejection(retry(operation, policy, { signal: controller.signal }));
    await clock.advance(10);
    controller.abort('stop');
    expect(closed).toBe(1);
    expect(await working).toBe('stop');
    fail(new Error('late'));
    await clock.advance(100);
    expect(closed).toBe(1);
  });

  it('by shouldRetry wins over its answer', async () => {
    const controller = new AbortController();
    const shouldRetry = () => {
      controller.abort('stop');
      return false;
    };
    const { operation } = failing(9, new VirtualClock());
    expect(await rejection(retry(operation, { shouldRetry }, { signal: controller.signal }))).toBe('stop');
  });
});

describe('an attempt timeout', () => {
  const hang = () => new Promise<never>(() => {});

  it('cuts off an attempt that takes too long, and tries again', async () => {
    const clock = new VirtualClock();
    const signals: AbortSignal[] = [];
    const operation = ({ number, signal }: Attempt) => {
      signals.push(signal);
      return number < 3 ? hang() : 'done';
    };
    const policy = { attemptTimeout: timeLimit(1000), backoff: constant(10), clock };
    expect(await clock.run(retry(operation, policy))).toBe('done');
    expect(clock.now()).toBe(2020);
    expect(clock.pending).toBe(0);
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true, false]);
    expect(signals[0]?.reason).toMatchObject({
      name: 'RetryError',
      code: 'ERR_LEVERET_RETRY_ATTEMPT_TIMEOUT',
      attempt: 1,
      timeoutMs: 1000,
    });
  });

  it('gives up with the timeout as the error when it was the last', async () => {
    const clock = new VirtualClock();
    const error = await rejection(clock.run(retry(hang, { attemptTimeout: timeLimit(1000), retries: 0, clock })));
    expect(error).toMatchObject({ code: 'ERR_LEVERET_RETRY_ATTEMPT_TIMEOUT', attempt: 1 });
    expect(retryInfo(error)).toMatchObject({ reason: 'retries', elapsedMs: 1000 });
  });

  it('passes the abort of the caller on, with its reason', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    let inner: AbortSignal | undefined;
    const operation = ({ signal }: Attempt) => {
      inner = signal;
      return hang();
    };
    const working = rejection(
      retry(operation, { attemptTimeout: timeLimit(1000), clock }, { signal: controller.signal }),
    );
    await clock.advance(500);
    controller.abort('stop');
    expect(await working).toBe('stop');
    expect(inner?.reason).toBe('stop');
    expect(clock.pending).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('leaves no listener on a signal that many calls share', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    for (let call = 0; call < 3; call++) {
      await clock.run(retry(failing(2, clock).operation, { attemptTimeout: timeLimit(5), clock }, { signal }));
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
