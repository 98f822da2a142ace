import type { Consumer, ConsumerEnd } from '@leveret/transport';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Relief } from './relief.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp(prefetch: number) {
  const asked: number[] = [];
  const failures: unknown[] = [];
  let active = 0;
  let refusal: unknown;
  const consume = async (more: number): Promise<Consumer> => {
    asked.push(more);
    if (refusal !== undefined) throw refusal;
    active += 1;
    let end = (_end: ConsumerEnd): void => {};
    const closed = new Promise<ConsumerEnd>((resolve) => {
      end = resolve;
    });
    const cancel = async () => {
      active -= 1;
      end({ reason: 'cancelled' });
    };
    return { queue: 'q', active: true, closed, bind: async () => {}, unbind: async () => {}, cancel };
  };
  const relief = new Relief({ prefetch, consume, failed: (error) => void failures.push(error) });
  return {
    relief,
    asked,
    failures,
    active: () => active,
    refuse: (error: unknown) => {
      refusal = error;
    },
    wait: async (change: 1 | -1, times = 1) => {
      for (let time = 0; time < times; time += 1) relief.onWaiting(change);
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

it('doubles what may be held when all of it waits', async () => {
  const { relief, asked, active, wait } = setUp(2);
  await wait(1);
  expect(asked).toEqual([]);
  await wait(1);
  expect(asked).toEqual([2]);
  await wait(1, 2);
  expect(asked).toEqual([2, 4]);
  await relief.stop();
  expect([active(), vi.getTimerCount()]).toEqual([0, 0]);
});

it('goes on growing when what a new consumer brings waits before it is there', async () => {
  const { relief, asked, wait } = setUp(1);
  await wait(1, 3);
  expect(asked).toEqual([1, 2]);
  await relief.stop();
});

it('ends its consumers when nothing has waited for a second, and begins anew', async () => {
  const { relief, asked, active, wait } = setUp(1);
  await wait(1);
  await wait(-1);
  await vi.advanceTimersByTimeAsync(999);
  await wait(1);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(active()).toBe(1);
  await wait(-1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([active(), vi.getTimerCount()]).toEqual([0, 0]);
  await wait(1);
  expect(asked).toEqual([1, 1]);
  await relief.stop();
});

it('tells when a consumer is refused, and tries again with the next method that waits', async () => {
  const { relief, asked, failures, refuse, wait } = setUp(1);
  const error = new Error('refused');
  refuse(error);
  await wait(1);
  expect([asked, failures]).toEqual([[1], [error]]);
  refuse(undefined);
  await wait(1);
  expect(asked).toEqual([1, 1, 2]);
  await relief.stop();
});

it('asks for nothing once it is stopped', async () => {
  const { relief, asked, wait } = setUp(1);
  await relief.stop();
  await wait(1);
  await wait(-1);
  expect([asked, vi.getTimerCount()]).toEqual([[], 0]);
});
