import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { failing, rejection } from '../test/support.js';
import type { Attempt } from './attempt.js';
import { constant } from './backoff.js';
import { retry } from './retry.js';
import { retryInfo } from './retry-info.js';
import type { RetryEvent } from './run.js';
import { VirtualClock } from './testing.js';

describe('trying again', () => {
  it('gives what the operation gives, and waits as the backoff says in between', async () => {
    const clock = new VirtualClock();
    const { operation, calledAt } = failing(2, clock);
    expect(await clock.run(retry(operation, { backoff: [100, 250], clock }))).toBe('done');
    expect(calledAt).toEqual([0, 100, 350]);
    expect(clock.pending).toBe(0);
  });

  it('makes three retries by default, on a jittered exponential backoff', async () => {
    const clock = new VirtualClock();
    const { operation, calledAt } = failing(9, clock);
    const error = await rejection(clock.run(retry(operation, { clock, random: () => 0.5 })));
    expect(calledAt).toEqual([0, 50, 150, 350]);
    expect(retryInfo(error)).toMatchObject({ reason: 'retries', attempts: 4, elapsedMs: 350 });
  });

  it('tells each attempt its number, the time, and what went before', async () => {
    const clock = new VirtualClock();
    const seen: Pick<Attempt, 'number' | 'elapsedMs' | 'lastError'>[] = [];
    const operation = ({ number, elapsedMs, lastError, signal }: Attempt) => {
      seen.push({ number, elapsedMs, lastError });
      expect(signal.aborted).toBe(false);
      throw `failure ${number}`;
    };
    await rejection(clock.run(retry(operation, { backoff: [10, 20], clock })));
    expect(seen).toEqual([
      { number: 1, elapsedMs: 0, lastError: undefined },
      { number: 2, elapsedMs: 10, lastError: 'failure 1' },
      { number: 3, elapsedMs: 30, lastError: 'failure 2' },
    ]);
  });

  it('hands over the signal of the caller itself', async () => {
    const { signal } = new AbortController();
    expect(await retry((attempt) => attempt.signal, {}, { signal })).toBe(signal);
  });

  it('tells of a retry before it waits', async () => {
    const clock = new VirtualClock();
    const events: [number, unknown, number, number][] = [];
    const onRetry = ({ attempt, error, delayMs }: RetryEvent) =>
      void events.push([attempt.number, (error as Error).message, delayMs, clock.now()]);
    await clock.run(retry(failing(2, clock).operation, { backoff: [100, 250], clock }, { onRetry }));
    expect(events).toEqual([
      [1, 'failure 1', 100, 0],
      [2, 'failure 2', 250, 100],
    ]);
  });

  it('waits by a timer even for no time at all, so that an operation that fails at once cannot stop the world', async () => {
    let othersRan = false;
    setImmediate(() => {
      othersRan = true;
    });
    const operation = () => {
      if (!othersRan) throw new Error('not yet');
      return 'done';
    };
    expect(await retry(operation, { backoff: constant(0), retries: Number.POSITIVE_INFINITY })).toBe('done');
  });

  it('keeps the frames of the caller in the stack of an error', async () => {
    async function theCaller(): Promise<void> {
      await retry(
        async () => {
          await null;
          throw new Error('deep');
        },
        { retries: 0 },
      );
    }
    expect(((await rejection(theCaller())) as Error).stack).toContain('theCaller');
  });
});

describe('giving up', () => {
  it.each([
    ['an error', new Error('refused')],
    ['a frozen error', Object.freeze(new Error('frozen'))],
    ['undefined', undefined],
    ['null', null],
    ['a string', 'refused'],
    ['a plain object', { code: 42 }],
    ['a proxy', new Proxy(new Error('behind a proxy'), {})],
  ])('throws the last error as it is: %s', async (_, thrown) => {
    const clock = new VirtualClock();
    let calls = 0;
    const operation = () => {
      calls++;
      throw thrown;
    };
    expect(await rejection(clock.run(retry(operation, { clock })))).toBe(thrown);
    expect(calls).toBe(4);
  });

  it('keeps the first and the last seven errors of many', async () => {
    const clock = new VirtualClock();
    const error = await rejection(
      clock.run(retry(failing(100, clock).operation, { backoff: constant(1), retries: 19, clock })),
    );
    const info = retryInfo(error);
    expect(info?.errors.map((each) => (each as Error).message)).toEqual(
      [1, 14, 15, 16, 17, 18, 19, 20].map((n) => `failure ${n}`),
    );
    expect(info).toMatchObject({ attempts: 20, omitted: 12, elapsedMs: 19 });
    expect(info?.errors.at(-1)).toBe(error);
  });

  it('knows nothing of an error that no retry threw, or of what is no object', () => {
    expect([retryInfo(new Error('mine')), retryInfo('text'), retryInfo(undefined)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('ends with the backoff', async () => {
    const clock = new VirtualClock();
    const error = await rejection(clock.run(retry(failing(9, clock).operation, { backoff: [5], retries: 9, clock })));
    expect(retryInfo(error)).toMatchObject({ reason: 'backoff', attempts: 2, elapsedMs: 5 });
  });

  it('ends when shouldRetry says no, now or later', async () => {
    const clock = new VirtualClock();
    for (const answer of [false, Promise.resolve(false)]) {
      const asked: [string, number][] = [];
      const shouldRetry = (error: unknown, attempt: Attempt) => {
        asked.push([(error as Error).message, attempt.number]);
        return attempt.number < 2 || answer;
      };
      const error = await rejection(
        clock.run(retry(failing(9, clock).operation, { backoff: constant(1), shouldRetry, clock })),
      );
      expect(asked).toEqual([
        ['failure 1', 1],
        ['failure 2', 2],
      ]);
      expect(retryInfo(error)).toMatchObject({ reason: 'not-retryable', attempts: 2 });
    }
  });

  it('does not ask shouldRetry when no retry is left', async () => {
    const shouldRetry = () => {
      throw new Error('was asked');
    };
    const { operation } = failing(1, new VirtualClock());
    expect(await rejection(retry(operation, { retries: 0, shouldRetry }))).toMatchObject({ message: 'failure 1' });
  });

  it('begins no wait that would end after maxElapsedMs', async () => {
    const clock = new VirtualClock();
    const { operation, calledAt } = failing(9, clock);
    const policy = { backoff: constant(100), retries: 9, maxElapsedMs: 299, clock };
    const error = await rejection(clock.run(retry(operation, policy)));
    expect(calledAt).toEqual([0, 100, 200]);
    expect(clock.now()).toBe(200);
    expect(retryInfo(error)).toMatchObject({ reason: 'elapsed', attempts: 3, elapsedMs: 200 });
  });

  it('begins no attempt after maxElapsedMs when a wait has ended late', async () => {
    const clock = new VirtualClock();
    const late = {
      now: () => clock.now(),
      setTimer: (fn: () => void, ms: number, unref: boolean) => clock.setTimer(fn, ms + 50, unref),
      clearTimer: (handle: unknown) => clock.clearTimer(handle),
    };
    const { operation, calledAt } = failing(9, clock);
    const error = await rejection(
      clock.run(retry(operation, { backoff: constant(100), maxElapsedMs: 120, clock: late })),
    );
    expect(calledAt).toEqual([0]);
    expect(retryInfo(error)).toMatchObject({ reason: 'elapsed', elapsedMs: 150 });
  });
});

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

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, '5' as unknown as number])(
    'ends retrying when the backoff yields %s',
    async (delayMs) => {
      const thrown = await rejection(clock.run(retry(failing(9, clock).operation, { backoff: [delayMs], clock })));
      expect(thrown).toBeInstanceOf(RangeError);
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
});

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

describe('attemptTimeoutMs', () => {
  const hang = () => new Promise<never>(() => {});

  it('cuts off an attempt that takes too long, and tries again', async () => {
    const clock = new VirtualClock();
    const signals: AbortSignal[] = [];
    const operation = ({ number, signal }: Attempt) => {
      signals.push(signal);
      return number < 3 ? hang() : 'done';
    };
    const policy = { attemptTimeoutMs: 1000, backoff: constant(10), clock };
    expect(await clock.run(retry(operation, policy))).toBe('done');
    expect(clock.now()).toBe(2020);
    expect(clock.pending).toBe(0);
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true, false]);
    expect(signals[0]?.reason).toMatchObject({
      name: 'AttemptTimeoutError',
      code: 'ERR_LEVERET_RETRY_ATTEMPT_TIMEOUT',
      attempt: 1,
      timeoutMs: 1000,
    });
  });

  it('gives up with the timeout as the error when it was the last', async () => {
    const clock = new VirtualClock();
    const error = await rejection(clock.run(retry(hang, { attemptTimeoutMs: 1000, retries: 0, clock })));
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
    const working = rejection(retry(operation, { attemptTimeoutMs: 1000, clock }, { signal: controller.signal }));
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
      await clock.run(retry(failing(2, clock).operation, { attemptTimeoutMs: 5, clock }, { signal }));
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe('a policy that cannot be', () => {
  it.each([
    [{ retries: -1 }, "`retries` is -1: give a whole number, zero or more, or Infinity (oslo.messaging's null and -1"],
    [{ retries: 1.5 }, '`retries` is 1.5'],
    [{ maxElapsedMs: -1 }, '`maxElapsedMs` is -1'],
    [{ attemptTimeoutMs: Number.NaN }, '`attemptTimeoutMs` is NaN'],
    [{ backoff: 100 as unknown as number[] }, '`backoff` is 100 and yields nothing: give an iterable of milliseconds'],
    [{ shouldRetry: true as unknown as () => boolean }, '`shouldRetry` is boolean: give a function of the error'],
    [5 as unknown as object, '`policy` is 5: give an object, as in { retries: 5 }.'],
    [null as unknown as object, '`policy` is null'],
  ])('is refused before the first attempt: %o', async (policy, message) => {
    const { operation, calledAt } = failing(0, new VirtualClock());
    const error = (await rejection(retry(operation, policy))) as Error;
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_LEVERET_RETRY_OPTION_/) });
    expect(calledAt).toEqual([]);
  });

  it('is told when the operation or onRetry is no function', async () => {
    expect(await rejection(retry('connect' as unknown as () => void))).toMatchObject({ option: 'operation' });
    expect(await rejection(retry(() => {}, {}, { onRetry: 1 as unknown as () => void }))).toMatchObject({
      option: 'onRetry',
    });
  });
});
