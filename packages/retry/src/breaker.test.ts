import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rejection } from '../test/support.js';
import { type BreakerOptions, type BreakerState, createBreaker } from './breaker.js';
import { retry } from './retry.js';
import { VirtualClock } from './testing.js';

const broken = new Error('broken');
const well = (): string => 'well';
const fail = (): never => {
  throw broken;
};

function breakerAt(clock: VirtualClock, options: BreakerOptions = {}) {
  const changes: BreakerState[] = [];
  const onChange = (state: BreakerState) => changes.push(state);
  return { changes, breaker: createBreaker({ calls: 4, openMs: 1000, clock, onChange, ...options }) };
}

/** A call that ends when told. */
function pending<T>(): { operation: () => Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { operation: () => promise, resolve, reject };
}

it('passes on what operations give and throw', async () => {
  const { breaker, changes } = breakerAt(new VirtualClock());
  expect(await breaker.run(well)).toBe('well');
  expect(await rejection(breaker.run(fail))).toBe(broken);
  expect(await rejection(breaker.run(() => Promise.reject(undefined)))).toBe(undefined);
  expect([breaker.state, changes]).toEqual(['closed', []]);
});

it('opens when half of the last four have failed, and refuses calls without making them', async () => {
  const clock = new VirtualClock();
  const { breaker, changes } = breakerAt(clock);
  for (const operation of [well, well, fail]) await breaker.run(operation).catch(() => {});
  expect(breaker.state).toBe('closed');
  await rejection(breaker.run(fail));
  expect([breaker.state, changes]).toEqual(['open', ['open']]);
  await clock.advance(400);
  let made = 0;
  expect(await rejection(breaker.run(() => ++made))).toMatchObject({
    name: 'BreakerOpenError',
    code: 'ERR_LEVERET_RETRY_BREAKER_OPEN',
    retryAfterMs: 600,
  });
  expect(made).toBe(0);
});

it('does not open before it has seen enough, nor by what is long past', async () => {
  const { breaker } = breakerAt(new VirtualClock(), { ratio: 0.75 });
  for (const operation of [fail, fail, well, well, fail, fail, well]) await breaker.run(operation).catch(() => {});
  expect(breaker.state).toBe('closed');
});

it('lets one call through when the time is up, and closes if it succeeds', async () => {
  const clock = new VirtualClock();
  const { breaker, changes } = breakerAt(clock, { calls: 1 });
  await rejection(breaker.run(fail));
  await clock.advance(1000);
  expect(breaker.state).toBe('half-open');
  const trial = pending<string>();
  const first = breaker.run(trial.operation);
  expect(await rejection(breaker.run(well))).toMatchObject({ retryAfterMs: 1000 });
  expect(breaker.state).toBe('half-open');
  trial.resolve('well again');
  expect(await first).toBe('well again');
  expect(await breaker.run(well)).toBe('well');
  expect(changes).toEqual(['open', 'half-open', 'closed']);
});

it('opens anew if that call fails', async () => {
  const clock = new VirtualClock();
  const { breaker, changes } = breakerAt(clock, { calls: 1 });
  await rejection(breaker.run(fail));
  await clock.advance(1000);
  await clock.advance(500);
  await rejection(breaker.run(fail));
  expect(await rejection(breaker.run(well))).toMatchObject({ retryAfterMs: 1000 });
  expect(changes).toEqual(['open', 'half-open', 'open']);
});

it('lets another call through when that one hangs', async () => {
  const clock = new VirtualClock();
  const { breaker, changes } = breakerAt(clock, { calls: 1 });
  await rejection(breaker.run(fail));
  await clock.advance(1000);
  const hung = pending<string>();
  const first = rejection(breaker.run(hung.operation));
  await clock.advance(1000);
  expect(await breaker.run(well)).toBe('well');
  hung.reject(broken);
  await first;
  expect(changes).toEqual(['open', 'half-open', 'closed']);
});

it('does not heed calls that were begun before it opened', async () => {
  const clock = new VirtualClock();
  const { breaker } = breakerAt(clock, { calls: 1 });
  const early = pending<string>();
  const call = breaker.run(early.operation);
  await rejection(breaker.run(fail));
  early.resolve('late');
  expect(await call).toBe('late');
  expect(breaker.state).toBe('open');
});

it('does not count errors that are answers, nor what the caller has aborted', async () => {
  const clock = new VirtualClock();
  const { breaker } = breakerAt(clock, { calls: 1, isFailure: (error) => error !== 404 });
  await rejection(breaker.run(() => Promise.reject(404)));
  await rejection(breaker.run(fail, AbortSignal.abort()));
  expect(breaker.state).toBe('closed');
  await rejection(breaker.run(fail));
  await clock.advance(1000);
  await rejection(breaker.run(fail, AbortSignal.abort()));
  expect(await breaker.run(well)).toBe('well');
  expect(breaker.state).toBe('closed');
});

it('is waited for by a policy that asks how long', async () => {
  const clock = new VirtualClock();
  const { breaker } = breakerAt(clock, { calls: 1 });
  let up = false;
  const called: number[] = [];
  const operation = (): string => {
    called.push(clock.now());
    if (!up) fail();
    return 'well';
  };
  const retryAfter = (error: unknown) => (error as { retryAfterMs?: number }).retryAfterMs;
  const work = retry(() => breaker.run(operation), { clock, backoff: [100, 100], retryAfter });
  await clock.advance(500);
  up = true;
  expect(await clock.run(work)).toBe('well');
  expect(called).toEqual([0, 1000]);
});

it('never makes a call while open, and no more than one per openMs until one succeeds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 700 }), fails: fc.boolean() }), { maxLength: 60 }),
      async (calls) => {
        const clock = new VirtualClock();
        const { breaker } = breakerAt(clock);
        let lastTrialAt = Number.NEGATIVE_INFINITY;
        for (const { afterMs, fails } of calls) {
          await clock.advance(afterMs);
          const before = breaker.state;
          let made = false;
          await breaker
            .run(() => {
              made = true;
              if (fails) throw broken;
            })
            .catch(() => {});
          expect(made).toBe(before !== 'open');
          if (before === 'half-open') {
            expect(clock.now() - lastTrialAt).toBeGreaterThanOrEqual(1000);
            lastTrialAt = fails ? clock.now() : Number.NEGATIVE_INFINITY;
          }
        }
        expect(clock.pending).toBe(0);
      },
    ),
  );
});

it.each([{ calls: 0 }, { ratio: 0 }, { ratio: 1.1 }, { openMs: -1 }, { isFailure: 1 }])('refuses %o', (options) => {
  expect(() => createBreaker(options as never)).toThrow(
    expect.objectContaining({ code: 'ERR_LEVERET_RETRY_OPTION', option: Object.keys(options)[0] }),
  );
});
