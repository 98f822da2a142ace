import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type AwaitedCall, ReplyWaiters } from './reply-waiters.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const CALL: AwaitedCall = {
  messageId: 'M',
  method: 'm',
  timeoutMs: 300,
  monitorTimeoutMs: null,
  signal: undefined,
  outer: undefined,
  timedOut: ({ stage }, cause) => new Error(`timed out: ${stage}`, { cause }),
  failed: (failure) => new Error(String(failure)),
  ended: () => {},
};

it('a failure that comes when the time is over is a timeout, although it comes before that is told', async () => {
  const waiters = new ReplyWaiters();
  const outcomes = ['a', 'b'].map(async (messageId) => {
    const waiter = waiters.open({ ...CALL, messageId });
    waiter.sending();
    waiter.sent();
    return waiter.promise.catch((error: unknown) => error);
  });
  const fail = (messageId: string) => waiters.deliver({ messageId, result: null, failure: 'remote', ending: true });
  vi.advanceTimersByTime(200);
  expect(fail('a')).toBe('delivered');
  vi.advanceTimersByTime(100);
  expect(fail('b')).toBe('delivered');
  const [early, late] = await Promise.all(outcomes);
  expect(early).toMatchObject({ message: 'remote' });
  expect(late).toMatchObject({ message: 'timed out: reply', cause: { message: 'remote' } });
  expect([waiters.settled, vi.getTimerCount()]).toEqual([true, 0]);
});
