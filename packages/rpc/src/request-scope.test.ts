import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RequestScope } from './request-scope.js';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a request with a deadline', () => {
  it('says when it is, and what is left', () => {
    const scope = new RequestScope(5_000);
    vi.advanceTimersByTime(2_000);
    expect([scope.remainingMs, scope.deadline, scope.over]).toEqual([3_000, new Date(1_005_000), undefined]);
    vi.advanceTimersByTime(4_000);
    expect([scope.remainingMs, scope.deadline]).toEqual([0, new Date(1_005_000)]);
    expect(scope.over).toMatchObject({ code: 'ERR_LEVERET_DEADLINE_EXCEEDED', timeMs: 5_000 });
  });

  it('makes no timer before somebody asks for its signal, and none stays', () => {
    const scope = new RequestScope(5_000);
    expect(vi.getTimerCount()).toBe(0);
    const { signal } = scope;
    expect([scope.signal === signal, vi.getTimerCount()]).toEqual([true, 1]);
    scope.close();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(6_000);
    expect(signal.aborted).toBe(false);
  });

  it('fires its signal at its time, with the reason', () => {
    const scope = new RequestScope(5_000);
    const { signal } = scope;
    vi.advanceTimersByTime(4_999);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(signal.reason).toBe(scope.over);
    expect(signal.reason).toMatchObject({ name: 'DeadlineExceededError' });
  });

  it('ends once, for the first reason', () => {
    const scope = new RequestScope(5_000);
    const { signal } = scope;
    const first = new Error('first');
    scope.end(first);
    scope.end(new Error('second'));
    vi.advanceTimersByTime(6_000);
    expect([signal.reason, scope.over, vi.getTimerCount()]).toEqual([first, first, 0]);
  });

  it('gives a signal that has fired to who asks late', () => {
    const scope = new RequestScope(10);
    vi.advanceTimersByTime(10);
    expect(scope.signal.reason).toMatchObject({ name: 'DeadlineExceededError' });
  });

  it('waits for no time beyond what a timer can', () => {
    const scope = new RequestScope(2 ** 40);
    expect([scope.signal.aborted, vi.getTimerCount()]).toEqual([false, 0]);
  });
});

it('a request without a deadline is never over by itself', () => {
  const scope = new RequestScope(undefined);
  const { signal } = scope;
  vi.advanceTimersByTime(1e9);
  expect([scope.remainingMs, scope.deadline, scope.over, signal.aborted]).toEqual([null, null, undefined, false]);
});
