import { describe, expect, it } from 'vitest';
import { failing, rejection } from '../test/support.js';
import type { Attempt } from './attempt.js';
import { constant } from './backoffs.js';
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

  it.each([
    ['first', 0, undefined],
    ['last', 2, undefined],
    ['last, under a signal,', 2, new AbortController().signal],
  ])('keeps the frames of the caller in the stack of the %s error', async (_, retries, signal) => {
    const clock = new VirtualClock();
    async function theCaller(): Promise<void> {
      await retry(
        async () => {
          await null;
          throw new Error('deep');
        },
        { retries, clock },
        { signal },
      );
    }
    expect(((await rejection(clock.run(theCaller()))) as Error).stack).toContain('theCaller');
  });

  it('tells the elapsed time from the start of the first attempt, however that ends', async () => {
    const clock = new VirtualClock();
    const slow = () => new Promise<never>((_, reject) => void clock.setTimer(() => reject(new Error('no')), 70, false));
    const error = await rejection(clock.run(retry(slow, { retries: 1, backoff: [30], clock })));
    expect(retryInfo(error)).toMatchObject({ reason: 'retries', attempts: 2, elapsedMs: 170 });
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

  it('begins a wait that ends at maxElapsedMs exactly', async () => {
    const clock = new VirtualClock();
    const { operation, calledAt } = failing(9, clock);
    await rejection(clock.run(retry(operation, { backoff: constant(100), retries: 9, maxElapsedMs: 300, clock })));
    expect(calledAt).toEqual([0, 100, 200, 300]);
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
