import { expect, it } from 'vitest';
import { isThenable } from './awaitable.js';

const withThen = (descriptor: PropertyDescriptor, on: object = {}) => Object.defineProperty(on, 'then', descriptor);

it('tells what await would wait for', () => {
  const then = { value: () => {} };
  const waitedFor = [Promise.resolve(), withThen(then), withThen(then, () => {})];
  const not = [undefined, null, 1, 'then', {}, withThen({ value: 1 }), () => {}];
  expect(waitedFor.map(isThenable)).toEqual([true, true, true]);
  expect(not.map(isThenable)).toEqual(not.map(() => false));
});

it('throws what a then throws that cannot be asked for', () => {
  const odd = withThen({
    get() {
      throw new Error('odd');
    },
  });
  expect(() => isThenable(odd)).toThrow('odd');
});
