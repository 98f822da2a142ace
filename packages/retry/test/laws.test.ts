import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { attempts } from '../src/attempts.js';
import { constant, osloRetry } from '../src/backoffs.js';
import { type Clock, exponential, jittered, type RetryPolicy, resolvePolicy, retry, retryInfo } from '../src/index.js';
import { createSession } from '../src/session.js';
import { VirtualClock } from '../src/testing.js';
import { timeLimit } from '../src/timeout.js';
import { rejection, seeded } from './support.js';

/** What each attempt takes, and how it ends; after the last it succeeds at once. */
type Script = readonly { readonly tookMs: number; readonly fails: boolean }[];

const script: fc.Arbitrary<Script> = fc.array(fc.record({ tookMs: fc.nat(50), fails: fc.boolean() }), { maxLength: 8 });
const failuresOnly: fc.Arbitrary<Script> = fc.array(fc.record({ tookMs: fc.nat(50), fails: fc.constant(true) }), {
  maxLength: 8,
});
const delays = fc.array(fc.nat(100), { maxLength: 8 });

function play(steps: Script, clock: Clock): { operation: () => Promise<string>; startedAt: number[] } {
  const startedAt: number[] = [];
  return {
    startedAt,
    operation: async () => {
      const step = steps[startedAt.length];
      startedAt.push(clock.now());
      if (step === undefined) return 'done';
      await new Promise<void>((resolve) => void clock.setTimer(resolve, step.tookMs, false));
      if (step.fails) throw new Error(`failure ${startedAt.length}`);
      return 'done';
    },
  };
}

it('calls the operation as often as retries and backoff allow, or until its first success', async () => {
  await fc.assert(
    fc.asyncProperty(script, fc.nat(10), delays, async (steps, retries, backoff) => {
      const clock = new VirtualClock();
      const { operation, startedAt } = play(steps, clock);
      const outcome = await clock.run(retry(operation, { retries, backoff, clock }).catch((error: Error) => error));
      const untilSuccess = steps.findIndex(({ fails }) => !fails);
      const allowed = Math.min(retries, backoff.length) + 1;
      const needed = (untilSuccess === -1 ? steps.length : untilSuccess) + 1;
      expect(startedAt).toHaveLength(Math.min(allowed, needed));
      expect(outcome).toEqual(needed <= allowed ? 'done' : new Error(`failure ${allowed}`));
      expect(clock.pending).toBe(0);
    }),
  );
});

it('goes on for a hundred thousand attempts in bounded memory', async () => {
  const clock = new VirtualClock();
  let calls = 0;
  const operation = () => {
    if (++calls < 100_000) throw new Error('again');
    throw 'enough';
  };
  const policy: RetryPolicy = {
    retries: osloRetry(-1),
    backoff: constant(30_000),
    shouldRetry: (error) => error !== 'enough',
    clock,
  };
  expect(await rejection(clock.run(retry(operation, policy)))).toBe('enough');
  expect([calls, clock.now()]).toEqual([100_000, 99_999 * 30_000]);
}, 60_000);

it('neither begins an attempt nor ends a wait after maxElapsedMs', async () => {
  await fc.assert(
    fc.asyncProperty(failuresOnly, delays, fc.nat(400), async (steps, backoff, maxElapsedMs) => {
      const clock = new VirtualClock();
      const { operation, startedAt } = play(steps, clock);
      const policy = { retries: 10, backoff, maxElapsedMs, clock };
      await clock.run(retry(operation, policy).catch(() => {}));
      for (const at of startedAt) expect(at).toBeLessThanOrEqual(maxElapsedMs);
      const lastTook = steps[startedAt.length - 1]?.tookMs ?? 0;
      expect(clock.now()).toBe((startedAt.at(-1) ?? 0) + lastTook);
    }),
  );
});

it('settles at the instant of an abort, whenever that is, and leaves nothing behind', async () => {
  await fc.assert(
    fc.asyncProperty(
      failuresOnly,
      delays,
      fc.constantFrom(undefined, 20),
      fc.nat(600),
      fc.boolean(),
      async (steps, backoff, limitMs, abortAt, asLoop) => {
        const clock = new VirtualClock();
        const controller = new AbortController();
        const { signal } = controller;
        const { operation, startedAt } = play(steps, clock);
        const attemptTimeout = limitMs === undefined ? undefined : timeLimit(limitMs);
        const policy = { retries: 10, backoff, attemptTimeout, clock };
        const reason = { abortAt };
        let settledAt: number | undefined;
        const outcome = (asLoop ? inLoop(operation, policy, signal) : retry(operation, policy, { signal })).then(
          (value: unknown) => {
            settledAt = clock.now();
            return value;
          },
          (error: unknown) => {
            settledAt = clock.now();
            return error;
          },
        );
        await clock.advance(abortAt);
        const settledBefore = settledAt !== undefined;
        const callsBefore = startedAt.length;
        controller.abort(reason);
        // The body of a loop is not cut short, and this one does not heed its signal.
        if (asLoop) await clock.run(outcome);
        const result = await outcome;
        if (!settledBefore && !asLoop) {
          expect(result).toBe(reason);
          expect(settledAt).toBe(abortAt);
          expect(retryInfo(reason)).toMatchObject({ reason: 'aborted', attempts: callsBefore });
        }
        expect(startedAt).toHaveLength(callsBefore);
        expect(getEventListeners(signal, 'abort')).toEqual([]);
        // What is left on the clock is the operation's own, which does not heed the signal.
        await clock.advance(50);
        expect(clock.pending).toBe(0);
        await clock.advance(10_000);
        expect(startedAt).toHaveLength(callsBefore);
      },
    ),
    { numRuns: 300 },
  );
});

it('makes the same attempts at the same times as a function, a loop and a pure session', async () => {
  await fc.assert(
    fc.asyncProperty(
      script,
      fc.nat(10),
      fc.integer(),
      fc.nat(2000),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.nat(300), { minLength: 1 }),
      async (steps, retries, seed, maxElapsedMs, hosts, asked) => {
        const forms = [retry, inLoop, inSession];
        const [asFunction, asLoop, asSession] = await Promise.all(
          forms.map(async (form) => {
            const clock = new VirtualClock();
            const { operation, startedAt } = play(steps, clock);
            const backoff = jittered(exponential(), 'equal', { random: seeded(seed) });
            let failures = 0;
            const retryAfter = () => asked[failures++ % asked.length];
            const policy = { retries, backoff, maxElapsedMs, hosts, retryAfter, clock };
            const outcome = await clock.run(form(operation, policy).catch((error: Error) => retryInfo(error)));
            expect(clock.pending).toBe(0);
            return { startedAt, outcome };
          }),
        );
        expect(asLoop).toEqual(asFunction);
        expect(asSession).toEqual(asFunction);
      },
    ),
    { numRuns: 300 },
  );
});

/** `retry`, written with a session: all the waiting is its own. */
async function inSession(operation: () => Promise<string>, policy: RetryPolicy): Promise<string> {
  const { clock } = resolvePolicy(policy);
  const session = createSession(policy, clock.now());
  try {
    for (;;) {
      session.begin();
      try {
        const value = await operation();
        session.succeeded();
        return value;
      } catch (error) {
        session.failed(error);
        const next = session.next(clock.now());
        if (typeof next === 'string') {
          session.conclude(error, next, clock.now());
          throw error;
        }
        await new Promise<void>((resolve) => void clock.setTimer(resolve, next, false));
      }
    }
  } finally {
    session.end();
  }
}

/** `retry`, written with `attempts`. */
async function inLoop(operation: () => Promise<string>, policy: RetryPolicy, signal?: AbortSignal): Promise<string> {
  for await (const attempt of attempts(policy, { signal })) {
    try {
      return await operation();
    } catch (error) {
      attempt.failed(error);
    }
  }
  throw new Error('The loop ended without an outcome.');
}
