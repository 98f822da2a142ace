import { expect, it } from 'vitest';
import { LazySignals } from './lazy-signals.js';

it('fire together, but for those that were released; those that come later have fired', () => {
  const signals = new LazySignals();
  const [a, b, never] = [signals.open(), signals.open(), signals.open()];
  const early = [a.get(), b.get(), a.get()];
  b.release();
  never.release();
  signals.fire('stop');
  expect(early.map(({ aborted }) => aborted)).toEqual([true, false, true]);
  expect(early[0]).toBe(early[2]);
  expect(signals.open().get().reason).toBe('stop');
});
