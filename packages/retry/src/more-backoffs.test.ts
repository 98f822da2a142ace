import { expect, it } from 'vitest';
import { first, rejection } from '../test/support.js';
import { custom, type FailureFacts, none, sequence } from './backoffs.js';
import { retry } from './retry.js';
import { VirtualClock } from './testing.js';

it('waits for nothing', () => {
  expect(first(3, none())).toEqual([0, 0, 0]);
});

it('waits as a list says, and then stops or goes on with the last', () => {
  expect([...sequence([5, 10])]).toEqual([5, 10]);
  expect(first(4, sequence([5, 10], { atEnd: 'repeat-last' }))).toEqual([5, 10, 10, 10]);
  expect([...sequence([], { atEnd: 'repeat-last' })]).toEqual([]);
  expect(() => sequence([5, -1])).toThrow('`waitsMs[1]` is -1');
  expect(() => sequence([5], { atEnd: 'loop' as 'stop' })).toThrow("give 'stop' or 'repeat-last'");
});

it('asks a function for each wait, and tells it of the failure', async () => {
  const clock = new VirtualClock();
  const asked: FailureFacts[] = [];
  const backoff = custom((failure) => {
    asked.push(failure);
    return failure.failures < 3 ? failure.failures * 100 : undefined;
  });
  const operation = ({ number }: { number: number }) => {
    throw `failure ${number}`;
  };
  expect(await rejection(clock.run(retry(operation, { backoff, retries: 9, clock })))).toBe('failure 3');
  expect(asked).toEqual([
    { failures: 1, error: 'failure 1', previousMs: undefined },
    { failures: 2, error: 'failure 2', previousMs: 100 },
    { failures: 3, error: 'failure 3', previousMs: 200 },
  ]);
  expect(clock.now()).toBe(300);
});
