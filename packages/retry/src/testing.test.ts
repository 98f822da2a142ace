import { expect, it } from 'vitest';
import { rejection } from '../test/support.js';
import { VirtualClock } from './testing.js';

it('fires timers in the order in which they are due, at their time', async () => {
  const clock = new VirtualClock({ startMs: 1000 });
  const seen: [string, number][] = [];
  const note = (name: string) => () => seen.push([name, clock.now()]);
  clock.setTimer(note('late'), 50, false);
  clock.setTimer(note('early'), 10, false);
  clock.setTimer(note('also early'), 10, false);
  clock.clearTimer(clock.setTimer(note('never'), 5, false));
  expect(clock.pending).toBe(3);
  await clock.advance(49);
  expect(seen).toEqual([
    ['early', 1010],
    ['also early', 1010],
  ]);
  expect(clock.now()).toBe(1049);
  await clock.advance(1);
  expect(seen.at(-1)).toEqual(['late', 1050]);
  expect(clock.pending).toBe(0);
});

it('lets promises settle between timers', async () => {
  const clock = new VirtualClock();
  const at: number[] = [];
  const wait = (ms: number) => new Promise<void>((resolve) => void clock.setTimer(resolve, ms, false));
  const work = (async () => {
    for (let i = 0; i < 3; i++) {
      await wait(10);
      await Promise.resolve();
      at.push(clock.now());
    }
    return 'over';
  })();
  expect(await clock.run(work)).toBe('over');
  expect(at).toEqual([10, 20, 30]);
});

it('passes a failure on, and says so when time alone cannot end the work', async () => {
  const clock = new VirtualClock();
  expect(await rejection(clock.run(Promise.reject('broken')))).toBe('broken');
  expect(await rejection(clock.run(new Promise(() => {})))).toMatchObject({
    message: 'The work is still pending, and no timer is set on the virtual clock that could end it.',
  });
});
