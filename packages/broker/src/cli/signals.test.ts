import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { onEnd } from './signals.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const exit = vi.fn<(status: number) => void>();

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('ends on %s, in good order', (signal) => {
  const source = new EventEmitter();
  const end = onEnd(source, exit);
  expect(end.aborted).toBe(false);
  source.emit(signal);
  expect(end.aborted).toBe(true);
  expect(exit).not.toHaveBeenCalled();
});

it('takes two signals of one keystroke, as npm makes them, for one', () => {
  const source = new EventEmitter();
  onEnd(source, exit);
  source.emit('SIGINT');
  vi.advanceTimersByTime(50);
  source.emit('SIGINT');
  expect(exit).not.toHaveBeenCalled();
});

it('exits at once when somebody insists', () => {
  const source = new EventEmitter();
  onEnd(source, exit);
  source.emit('SIGTERM');
  vi.advanceTimersByTime(201);
  source.emit('SIGINT');
  expect(exit).toHaveBeenCalledWith(130);
});
