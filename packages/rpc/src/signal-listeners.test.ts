import { describe, expect, it, vi } from 'vitest';
import { onAbort } from './signal-listeners.js';

describe('onAbort', () => {
  it('puts one listener on the signal for all who listen, and takes it off with the last', () => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    const stops = Array.from({ length: 30 }, () => onAbort(signal, vi.fn()));
    for (const stop of stops.slice(1)) stop();
    expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([1, 0]);
    stops[0]?.();
    stops[0]?.();
    expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([1, 1]);
    onAbort(signal, vi.fn())();
    expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([2, 2]);
  });

  it('calls everyone back once, in order, but those who have stopped', () => {
    const controller = new AbortController();
    const heard: string[] = [];
    onAbort(controller.signal, () => void heard.push('a'));
    const stop = onAbort(controller.signal, () => void heard.push('b'));
    onAbort(controller.signal, () => void heard.push('c'));
    stop();
    controller.abort();
    controller.abort();
    expect(heard).toEqual(['a', 'c']);
  });
});
