import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rejection } from '../test/support.js';
import { type HedgeAttempt, type HedgeOptions, hedge } from './hedge.js';
import { VirtualClock } from './testing.js';

/** What each attempt does: gives its number, or throws it, after a while; `undefined` hangs. It heeds its signal. */
type Script = readonly ({ readonly ms: number; readonly fails?: boolean } | undefined)[];

function play(clock: VirtualClock, script: Script) {
  const told: string[] = [];
  const operation = ({ number, signal }: HedgeAttempt) =>
    new Promise<number>((resolve, reject) => {
      told.push(`${number} begins at ${clock.now()}`);
      signal.addEventListener('abort', () => {
        told.push(`${number} is aborted at ${clock.now()}`);
        reject(signal.reason);
      });
      const step = script[number - 1];
      if (step) clock.setTimer(() => (step.fails ? reject(number) : resolve(number)), step.ms, false);
    });
  return {
    told,
    run: (delays: Iterable<number>, options: HedgeOptions = {}) => hedge(operation, delays, { clock, ...options }),
  };
}

it('makes one attempt where that is fast enough, and leaves no timer', async () => {
  const clock = new VirtualClock();
  const { told, run } = play(clock, [{ ms: 40 }]);
  expect(await clock.run(run([50]))).toBe(1);
  expect(told).toEqual(['1 begins at 0']);
  expect(clock.pending).toBe(0);
});

it('makes another beside one that is slow, and aborts the slower', async () => {
  const clock = new VirtualClock();
  const { told, run } = play(clock, [undefined, { ms: 10 }]);
  expect(await clock.run(run([50, 50]))).toBe(2);
  expect(told).toEqual(['1 begins at 0', '2 begins at 50', '1 is aborted at 60']);
  expect(clock.pending).toBe(0);
});

it('waits for all when there is none to follow', async () => {
  const clock = new VirtualClock();
  const { told, run } = play(clock, [{ ms: 100 }, { ms: 500 }]);
  expect(await clock.run(run([50]))).toBe(1);
  expect(told).toEqual(['1 begins at 0', '2 begins at 50', '2 is aborted at 100']);
});

it('follows a failure at once, and throws the last error when all have failed', async () => {
  const clock = new VirtualClock();
  const { told, run } = play(clock, [
    { ms: 10, fails: true },
    { ms: 10, fails: true },
  ]);
  expect(await clock.run(rejection(run([50])))).toBe(2);
  expect(told).toEqual(['1 begins at 0', '2 begins at 10']);
  expect(clock.pending).toBe(0);
});

it('takes a throw for a failure', async () => {
  let calls = 0;
  const operation = (): never => {
    throw ++calls;
  };
  expect(await rejection(hedge(operation, [1000, 1000]))).toBe(3);
});

it('ends with an error that is final, and aborts the others', async () => {
  const clock = new VirtualClock();
  const { told, run } = play(clock, [undefined, { ms: 10, fails: true }]);
  expect(await clock.run(rejection(run([50, 50], { isFinal: (error) => error === 2 })))).toBe(2);
  expect(told).toEqual(['1 begins at 0', '2 begins at 50', '1 is aborted at 60']);
  expect(clock.pending).toBe(0);
});

it('ends at once when the caller aborts', async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const { signal } = controller;
  const { told, run } = play(clock, [undefined, undefined]);
  const failed = rejection(run([50, 50], { signal }));
  await clock.advance(70);
  controller.abort('enough');
  expect(clock.pending).toBe(0);
  expect(await failed).toBe('enough');
  expect(told.slice(2)).toEqual(['1 is aborted at 70', '2 is aborted at 70']);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(await rejection(run([50], { signal }))).toBe('enough');
});

it('does not abort what has succeeded', async () => {
  let won: AbortSignal | undefined;
  const controller = new AbortController();
  await hedge(({ signal }) => (won = signal), [50], { signal: controller.signal });
  controller.abort();
  expect(won?.aborted).toBe(false);
});

it('spends a shared budget on further attempts only', async () => {
  const clock = new VirtualClock();
  const spent: string[] = [];
  let left = 1;
  const budget = {
    called: () => void spent.push('called'),
    succeeded: () => void spent.push('succeeded'),
    failed: () => void spent.push('failed'),
    withdraw: () => left-- > 0,
    refund: () => void spent.push('refund'),
  };
  const { told, run } = play(clock, [{ ms: 300 }, { ms: 10, fails: true }]);
  expect(await clock.run(run([50, 50, 50], { budget }))).toBe(1);
  expect(told).toEqual(['1 begins at 0', '2 begins at 50']);
  expect(spent.splice(0)).toEqual(['called', 'failed', 'succeeded']);
  left = 1;
  await clock.run(play(clock, [undefined, { ms: 10 }]).run([50], { budget }));
  await clock.advance(0);
  // The one that was aborted has not failed.
  expect(spent).toEqual(['called', 'succeeded']);
});

it('ends with the fault of delays that are none, and ends the delays', async () => {
  const clock = new VirtualClock();
  const { told, run } = play(clock, [undefined, undefined]);
  expect(await clock.run(rejection(run([50, Number.NaN])))).toMatchObject({ option: 'delays' });
  expect(told.at(-1)).toBe('1 is aborted at 50');
  let ended = false;
  const delays = (function* () {
    try {
      for (;;) yield 50;
    } finally {
      ended = true;
    }
  })();
  expect(await clock.run(hedge(() => 'at once', delays, { clock }))).toBe('at once');
  expect(ended).toBe(true);
});

it('makes no attempt too many when one fails at the moment when the next is due', async () => {
  const clock = new VirtualClock();
  const { told, run } = play(clock, [{ ms: 28, fails: true }, undefined, { ms: 1 }]);
  expect(await clock.run(run([1, 27]))).toBe(3);
  expect(told).toEqual(['1 begins at 0', '2 begins at 1', '3 begins at 28', '2 is aborted at 29']);
  expect(clock.pending).toBe(0);
});

it('settles as the earliest success does, and leaves nothing', async () => {
  const step = fc.record({ ms: fc.integer({ min: 1, max: 200 }), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 5 }),
      async (script, delays) => {
        fc.pre(script.length > delays.length);
        const clock = new VirtualClock();
        const { told, run } = play(clock, script);
        const outcome = await clock.run(
          run(delays).then(
            (number) => ({ number, endedAt: clock.now() }),
            () => undefined,
          ),
        );
        const begun = told.filter((line) => line.includes('begins')).map((line) => Number(line.split(' ').at(-1)));
        const ends = begun.flatMap((at, i) => (script[i]?.fails ? [] : [at + (script[i]?.ms ?? 0)]));
        expect(outcome?.endedAt).toBe(ends.length === 0 ? undefined : Math.min(...ends));
        if (outcome === undefined) expect(begun).toHaveLength(delays.length + 1);
      },
    ),
  );
});

it('refuses delays that are none', async () => {
  expect(await rejection(hedge(() => 1, 50 as never))).toMatchObject({
    code: 'ERR_LEVERET_RETRY_OPTION',
    option: 'delays',
  });
});
