import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeartbeatOptionError } from './errors.js';
import { type HeartbeatLost, type HeartbeatOptions, type StopHeartbeat, startHeartbeat } from './start-heartbeat.js';

const link = { bytesRead: 0, bytesWritten: 0 };
let events: unknown[];

function start(more: Partial<HeartbeatOptions> = {}): StopHeartbeat {
  return startHeartbeat(link, {
    intervalMs: 60_000,
    beat: () => {
      events.push('beat');
      link.bytesWritten += 8;
    },
    lost: (event) => events.push(event.reason),
    ...more,
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(link, { bytesRead: 0, bytesWritten: 0 });
  events = [];
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('startHeartbeat', () => {
  it('beats every quarter of an interval and gives a silent peer up after 1.25', () => {
    start();
    vi.advanceTimersByTime(74_999);
    expect(events).toEqual(['beat', 'beat', 'beat', 'beat']);
    vi.advanceTimersByTime(10);
    expect(events).toEqual(['beat', 'beat', 'beat', 'beat', 'beat', 'silence']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells how long the silence was', () => {
    const lost = vi.fn<(event: HeartbeatLost) => void>();
    start({ lost });
    vi.advanceTimersByTime(200_000);
    expect(lost.mock.calls).toEqual([
      [{ reason: 'silence', observedSilenceMs: 75_000, wallSilenceMs: 75_000, longestStallMs: 0 }],
    ]);
  });

  it('leaves no timer once stopped, and calls nobody any more', () => {
    const stop = start();
    expect(vi.getTimerCount()).toBe(1);
    stop();
    stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(600_000);
    expect(events).toEqual([]);
  });

  it('takes back a verdict that was about to be given when it is stopped', () => {
    const stop: StopHeartbeat = start({ beat: () => {}, onStall: () => stop() });
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(7_500);
    expect(vi.getTimerCount()).toBe(0);
    expect(events).toEqual([]);
  });

  it('is inert with an interval of 0', () => {
    const stop = start({ intervalMs: 0 });
    stop.pause();
    stop.resume();
    stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives no verdict while paused, goes on beating, and gives a whole window after', () => {
    const stop = start();
    vi.advanceTimersByTime(70_000);
    stop.pause();
    vi.advanceTimersByTime(600_000);
    expect(new Set(events)).toEqual(new Set(['beat']));
    stop.resume();
    vi.advanceTimersByTime(74_990);
    expect(events).not.toContain('silence');
    vi.advanceTimersByTime(20);
    expect(events.at(-1)).toBe('silence');
  });

  it('does not come back to life when resumed after the end', () => {
    const stop = start();
    stop.pause();
    stop();
    stop.resume();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps no process alive', () => {
    vi.useRealTimers();
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const stop = start();
    expect(timers()).toBe(before);
    stop();
  });

  it('waits out a grace of a second where there is no setImmediate', () => {
    vi.stubGlobal('setImmediate', undefined);
    start();
    vi.advanceTimersByTime(75_990);
    expect(events).not.toContain('silence');
    vi.advanceTimersByTime(20);
    expect(events.at(-1)).toBe('silence');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a callback that fails', () => {
  const failure = new Error('This socket has been ended by the other party');

  it('ends the heartbeat with the cause when it is beat', () => {
    const lost = vi.fn<(event: HeartbeatLost) => void>();
    start({
      lost,
      beat: () => {
        throw failure;
      },
    });
    vi.advanceTimersByTime(15_000);
    expect(lost.mock.calls).toEqual([
      [{ reason: 'beat-failed', cause: failure, observedSilenceMs: 15_000, wallSilenceMs: 15_000, longestStallMs: 0 }],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends the heartbeat with the cause when beat returns a promise that is rejected', async () => {
    const lost = vi.fn<(event: HeartbeatLost) => void>();
    start({ lost, beat: () => Promise.reject(failure) });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(lost.mock.calls).toMatchObject([[{ reason: 'beat-failed', cause: failure }]]);
  });

  it('ends the heartbeat with the cause when it is a counter of the link', () => {
    const lost = vi.fn<(event: HeartbeatLost) => void>();
    let broken = false;
    const fragile = {
      bytesWritten: 0,
      get bytesRead(): number {
        if (broken) throw failure;
        return 0;
      },
    };
    startHeartbeat(fragile, { intervalMs: 60_000, beat: () => {}, lost });
    broken = true;
    vi.advanceTimersByTime(7_500);
    expect(lost.mock.calls).toMatchObject([[{ reason: 'beat-failed', cause: failure }]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is told to onCallbackError when it is lost, and goes no further', () => {
    const onCallbackError = vi.fn<(error: unknown) => void>(() => {
      throw new Error('and so does this one');
    });
    const lost = (): never => {
      throw failure;
    };
    start({ lost, onCallbackError });
    start({ lost });
    expect(() => vi.advanceTimersByTime(80_000)).not.toThrow();
    expect(onCallbackError.mock.calls).toEqual([[failure]]);
  });

  it('is told to onCallbackError when it is onStall, and the heart beats on', () => {
    const onCallbackError = vi.fn<(error: unknown) => void>();
    const onStall = (): never => {
      throw failure;
    };
    const stop = start({ onStall, onCallbackError });
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(8_000);
    expect(onCallbackError.mock.calls).toEqual([[failure]]);
    expect(events).toEqual(['beat']);
    expect(vi.getTimerCount()).toBe(1);
    stop();
  });
});

describe('options', () => {
  it.each([60, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuse an interval of %d ms', (intervalMs) => {
    expect(() => start({ intervalMs })).toThrow(HeartbeatOptionError);
  });

  it('name the option that is refused, and say what to do', () => {
    expect(() => start({ silenceMs: 60_000 })).toThrow(
      expect.objectContaining({
        code: 'ERR_LEVERET_HEARTBEAT_OPTION',
        option: 'silenceMs',
        value: 60_000,
        message: expect.stringContaining('give more than that'),
      }),
    );
    expect(() => start({ beatsPerInterval: 1 })).toThrow(expect.objectContaining({ option: 'beatsPerInterval' }));
    expect(vi.getTimerCount()).toBe(0);
  });
});
