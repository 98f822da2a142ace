import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { whenOrphaned } from './orphan.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('hears once when the shell of npm has gone', () => {
  let parent = 41;
  const orphaned = vi.fn();
  whenOrphaned({ npm_command: 'exec' }, () => parent, orphaned);
  vi.advanceTimersByTime(1_000);
  expect(orphaned).not.toHaveBeenCalled();
  parent = 1;
  vi.advanceTimersByTime(1_000);
  expect(orphaned).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

it('watches nobody when npm did not start it', () => {
  whenOrphaned({}, () => 41, vi.fn());
  expect(vi.getTimerCount()).toBe(0);
});
