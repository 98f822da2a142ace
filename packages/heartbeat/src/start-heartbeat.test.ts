import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeartbeatOptionError } from './errors.js';
import { type Heartbeat, type HeartbeatLost, type HeartbeatOptions, startHeartbeat } from './start-heartbeat.js';

const link = { bytesRead: 0, bytesWritten: 0 };
let events: unknown[];

const started: Heartbeat[] = [];

function start(more: Partial<HeartbeatOptions> = {}): Heartbeat {
  const heartbeat = startHeartbeat(link, {
    intervalMs: 60_000,
    beat: () => {
      events.push('beat');
      link.bytesWritten += 8;
    },
    lost: (event) => events.push(event.reason),
    ...more,
  });
  started.push(heartbeat);
  return heartbeat;
}

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(link, { bytesRead: 0, bytesWritten: 0 });
  events = [];
});

afterEach(() => {
  for (const heartbeat of started.splice(0)) heartbeat.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('startHeartbeat', () => {
  it('beats six times per interval and gives a silent peer up after 1.25', () => {
    start();
    vi.advanceTimersByTime(74_999);
    expect(events).toEqual(['beat', 'beat', 'beat', 'beat', 'beat', 'beat', 'beat']);
    vi.advanceTimersByTime(10);
    expect(events.slice(7)).toEqual(['silence']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells how long the silence was', () => {
    const lost = vi.fn<(event: HeartbeatLost, on: unknown) => void>();
    start({ lost });
    vi.advanceTimersByTime(200_000);
    expect(lost.mock.calls).toEqual([
      [{ reason: 'silence', observedSilenceMs: 75_000, wallSilenceMs: 75_000, longestStallMs: 0 }, link],
    ]);
  });

  it('leaves no timer once stopped, and calls nobody any more', () => {
    const heartbeat = start();
    expect(vi.getTimerCount()).toBe(1);
    heartbeat.stop();
    heartbeat.stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(600_000);
    expect(events).toEqual([]);
  });

  it('takes back a verdict that was about to be given when it is stopped', () => {
    const heartbeat: Heartbeat = start({ beat: () => {}, onStall: () => heartbeat.stop() });
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(7_500);
    expect(vi.getTimerCount()).toBe(0);
    expect(events).toEqual([]);
  });

  it('is inert with an interval of 0', () => {
    const heartbeat = start({ intervalMs: 0 });
    heartbeat.pause();
    heartbeat.resume();
    heartbeat.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives no verdict while paused, goes on beating, and gives a whole window after', () => {
    const heartbeat = start();
    vi.advanceTimersByTime(70_000);
    heartbeat.pause();
    vi.advanceTimersByTime(600_000);
    expect(new Set(events)).toEqual(new Set(['beat']));
    heartbeat.resume();
    vi.advanceTimersByTime(74_990);
    expect(events).not.toContain('silence');
    vi.advanceTimersByTime(20);
    expect(events.at(-1)).toBe('silence');
  });

  it('does not come back to life when resumed after the end', () => {
    const heartbeat = start();
    heartbeat.pause();
    heartbeat.stop();
    heartbeat.resume();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps no process alive', () => {
    vi.useRealTimers();
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const heartbeat = start();
    expect(timers()).toBe(before);
    heartbeat.stop();
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
    const lost = vi.fn<(event: HeartbeatLost, on: unknown) => void>();
    start({
      lost,
      beat: () => {
        throw failure;
      },
    });
    vi.advanceTimersByTime(15_000);
    expect(lost.mock.calls).toEqual([
      [
        { reason: 'beat-failed', cause: failure, observedSilenceMs: 10_000, wallSilenceMs: 10_000, longestStallMs: 0 },
        link,
      ],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends the heartbeat with the cause when beat returns a promise that is rejected', async () => {
    const lost = vi.fn<(event: HeartbeatLost, on: unknown) => void>();
    start({ lost, beat: () => Promise.reject(failure) });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(lost.mock.calls.map(([event]) => event)).toMatchObject([{ reason: 'beat-failed', cause: failure }]);
  });

  it('ends the heartbeat with the cause when it is a counter of the link', () => {
    const lost = vi.fn<(event: HeartbeatLost, on: unknown) => void>();
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
    expect(lost.mock.calls.map(([event]) => event)).toMatchObject([{ reason: 'beat-failed', cause: failure }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is told to onCallbackError when it is lost, and goes no further', () => {
    const onCallbackError = vi.fn<(error: unknown, on: unknown) => void>(() => {
      throw new Error('and so does this one');
    });
    const lost = (): never => {
      throw failure;
    };
    start({ lost, onCallbackError });
    start({ lost });
    expect(() => vi.advanceTimersByTime(80_000)).not.toThrow();
    expect(onCallbackError.mock.calls).toEqual([[failure, link]]);
  });

  it('is told to onCallbackError when it is onStall, and the heart beats on', () => {
    const onCallbackError = vi.fn<(error: unknown, on: unknown) => void>();
    const onStall = (): never => {
      throw failure;
    };
    const heartbeat = start({ onStall, onCallbackError });
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(8_000);
    expect(onCallbackError.mock.calls).toEqual([[failure, link]]);
    expect(events).toEqual(['beat']);
    expect(vi.getTimerCount()).toBe(1);
    heartbeat.stop();
  });
});

describe('what is shared', () => {
  it('is the timer, by all heartbeats of one clock, whatever their intervals', () => {
    const many = Array.from({ length: 100 }, (_, index) => start({ intervalMs: 1_000 * (1 + (index % 7)) }));
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(333);
    expect(vi.getTimerCount()).toBe(1);
    for (const heartbeat of many.slice(1)) heartbeat.stop();
    expect(vi.getTimerCount()).toBe(1);
    many[0]?.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not the moment: links that opened together beat at sixteen phases of a tick', () => {
    for (let count = 0; count < 160; count++) {
      const own = { bytesRead: 0, bytesWritten: 0 };
      started.push(
        startHeartbeat(own, { intervalMs: 60_000, beat: () => events.push('beat'), lost: () => events.push('lost') }),
      );
    }
    vi.advanceTimersByTime(5_010);
    expect(events).toEqual([]);
    const perSlot: number[] = [];
    for (let slot = 0; slot < 16; slot++) {
      vi.advanceTimersByTime(313);
      perSlot.push(events.splice(0).length);
    }
    expect(perSlot).toEqual(Array.from({ length: 16 }, () => 10));
  });

  it('may be the options: every callback is told which link it is about', () => {
    const links = [
      { bytesRead: 0, bytesWritten: 0, beats: 0 },
      { bytesRead: 0, bytesWritten: 0, beats: 0 },
    ];
    const gone: unknown[] = [];
    const options = {
      intervalMs: 60_000,
      beat: (on: (typeof links)[number]) => {
        on.beats++;
      },
      lost: (_: HeartbeatLost, on: (typeof links)[number]) => gone.push(on),
    };
    for (const on of links) started.push(startHeartbeat(on, options));
    vi.advanceTimersByTime(76_000);
    expect(links.map((on) => on.beats)).toEqual([7, 7]);
    expect(gone).toEqual(links);
  });

  it('survives callbacks that stop and start heartbeats', () => {
    let generation = 0;
    const again = (): void => {
      start({
        lost: () => {
          for (const heartbeat of started.splice(0)) heartbeat.stop();
          generation++;
          again();
          again();
        },
      });
    };
    again();
    vi.advanceTimersByTime(800_000);
    expect(generation).toBe(10);
    expect(vi.getTimerCount()).toBe(1);
  });
});

describe('ping-pong', () => {
  it('asks after an interval of silence and gives the peer up that does not answer', () => {
    start({ mode: 'ping-pong', intervalMs: 60_000 });
    vi.advanceTimersByTime(59_999);
    expect(events).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(events).toEqual(['beat']);
    vi.advanceTimersByTime(14_999);
    expect(events).toEqual(['beat']);
    vi.advanceTimersByTime(2);
    expect(events).toEqual(['beat', 'no-answer']);
  });

  it('asks again an interval after the answer', () => {
    start({
      mode: 'ping-pong',
      beat: () => {
        events.push('ping');
        link.bytesRead++;
      },
    });
    vi.advanceTimersByTime(400_000);
    expect(events).toEqual(['ping', 'ping', 'ping', 'ping', 'ping', 'ping']);
  });

  it('does not ask while the peer speaks by itself', () => {
    start({ mode: 'ping-pong' });
    for (let second = 0; second < 600; second++) {
      link.bytesRead++;
      vi.advanceTimersByTime(1_000);
    }
    expect(events).toEqual([]);
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
    expect(() => start({ mode: 'ping' as 'ping-pong' })).toThrow(expect.objectContaining({ option: 'mode' }));
    const noLink = {} as typeof link;
    expect(() => startHeartbeat(noLink, { intervalMs: 1_000, beat: () => {}, lost: () => {} })).toThrow(
      expect.objectContaining({ option: 'link', value: noLink }),
    );
    expect(vi.getTimerCount()).toBe(0);
  });
});
