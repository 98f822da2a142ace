import { expect, it } from 'vitest';
import { first } from '../test/support.js';
import { osloRabbitBackoff, osloRetry } from './oslo.js';

it.each([
  [null, Number.POSITIVE_INFINITY],
  [undefined, Number.POSITIVE_INFINITY],
  [-1, Number.POSITIVE_INFINITY],
  [-7, Number.POSITIVE_INFINITY],
  [0, 0],
  [1, 1],
  [42, 42],
])('reads retry %s as %s retries', (retry, retries) => {
  expect(osloRetry(retry)).toBe(retries);
});

it.each([1.5, -0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %s as a number of retries', (value) => {
  expect(() => osloRetry(value)).toThrow(
    `\`retry\` is ${value}: give a whole number of retries, or null or -1 to retry for ever.`,
  );
});

it('refuses what is no number, without showing it', () => {
  expect(() => osloRetry('hunter2' as unknown as number)).toThrow('`retry` is string: give a whole number of retries');
});

it('waits 1, 3, 5 seconds and so on up to 31, as the RabbitMQ driver does', () => {
  expect(first(18, osloRabbitBackoff()).map((ms) => ms / 1000)).toEqual([
    1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 31, 31,
  ]);
});

it('names its own option when one is wrong', () => {
  expect(() => osloRabbitBackoff({ retryIntervalMs: -1 })).toThrow('`retryIntervalMs` is -1');
});
