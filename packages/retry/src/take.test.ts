import { expect, it } from 'vitest';
import { first, thrownBy } from '../test/support.js';
import { type Backoff, constant } from './backoffs.js';
import { perRound } from './per-round.js';
import { take } from './take.js';

it('takes the first waits, then ends', () => {
  expect([...take(constant(5), 3)]).toEqual([5, 5, 5]);
  expect([...take(constant(5), 0)]).toEqual([]);
  expect([...take([1, 2], 5)]).toEqual([1, 2]);
  expect(first(4, take(constant(5), Number.POSITIVE_INFINITY))).toEqual([5, 5, 5, 5]);
});

it('does not read further than it takes', () => {
  let read = 0;
  const source: Backoff = {
    *[Symbol.iterator]() {
      for (;;) {
        read++;
        yield 1;
      }
    },
  };
  expect([...take(source, 2)]).toEqual([1, 1]);
  expect(read).toBe(2);
});

it('refuses a count that is none', () => {
  expect(thrownBy(() => take([1], 1.5))).toMatchObject({ option: 'n' });
  expect(() => take([1], -1)).toThrow('`n` is -1: give a number, 0 or more.');
});

it('waits only after each full round over the hosts', () => {
  expect([...perRound([1000, 3000], 3)]).toEqual([0, 0, 1000, 0, 0, 3000]);
  expect([...perRound([1000, 3000], 1)]).toEqual([1000, 3000]);
});

it('refuses a round over no host', () => {
  expect(() => perRound([1], 0)).toThrow('`hosts` is 0: give the number of hosts, 1 or more.');
  expect(() => perRound([1], Number.POSITIVE_INFINITY)).toThrow('`hosts` is Infinity');
});
