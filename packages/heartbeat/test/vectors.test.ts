import { describe, expect, it } from 'vitest';
import { HeartbeatOptionError } from '../src/errors.js';
import { resolveLimits } from '../src/limits.js';
import { negotiate } from '../src/negotiate.js';
import { osloHeartbeat } from '../src/oslo.js';
import { simulateHeartbeat } from '../src/simulate-heartbeat.js';
import vectors from './fixtures/heartbeat.json' with { type: 'json' };

describe('oslo.messaging 14.0.3 and RabbitMQ 3.10.8', () => {
  it('has 32 negotiations, 28 live settings and 12 timelines recorded', () => {
    expect([vectors.tune.length, vectors.live.length, vectors.tick.length]).toEqual([32, 28, 12]);
  });

  it.each(vectors.tune)('negotiates $client with $server to $negotiated', ({ client, server, negotiated }) => {
    expect(negotiate(client, server)).toBe(negotiated);
  });

  const accepted = vectors.live.filter((live) => live.error === undefined);
  it.each(accepted)('with $id sends the same Tune-Ok', ({ threshold, rate, server, negotiated }) => {
    expect(osloHeartbeat({ threshold, rate, server }).intervalMs).toBe((negotiated ?? Number.NaN) * 1_000);
  });

  const beating = accepted.filter((live) => live.negotiated !== 0);
  it.each(beating)('deviation: with $id we beat no later and judge no later', (live) => {
    const limits = resolveLimits(osloHeartbeat(live));
    expect(limits.beatEveryMs).toBeLessThanOrEqual((live.sendAfterIdle ?? Number.NaN) * 1_000);
    expect(limits.silenceMs).toBeLessThanOrEqual((live.deadAfterSilence ?? Number.NaN) * 1_000);
  });

  it('deviation: what oslo fails on inside is refused by name', () => {
    const refused = vectors.live.filter((live) => live.error !== undefined);
    expect(refused.map((live) => [live.id, live.error?.class])).toEqual([
      ['live:-1,2,send', 'error'],
      ['live:60,0,send', 'ZeroDivisionError'],
      ['live:0,0,send', 'ZeroDivisionError'],
    ]);
    for (const live of refused) expect(() => osloHeartbeat(live)).toThrow(HeartbeatOptionError);
  });
});

// py-amqp 5.1.1 beside ours, in seconds (ours to a hundredth, with slots of H / 192). Inbound frames at multiples of H / 2: for ever, until H, or never.
const timelines: Record<
  string,
  { theirs: [sent: number[], dead: number | null]; ours: [sent: number[], dead: number | null] }
> = {
  'tick:60,15,none': { theirs: [[75], 135], ours: [[10, 20, 30, 40, 50, 60, 70], 75] },
  'tick:60,15,silent_server': {
    theirs: [[75, 165], 195],
    ours: [[10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130], 135],
  },
  'tick:60,10,none': { theirs: [[70], 130], ours: [[10, 20, 30, 40, 50, 60, 70], 75] },
  'tick:60,10,server_heartbeats_every_half': {
    theirs: [[70, 150, 230], null],
    ours: [
      [
        10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200, 210, 220, 230, 240,
        250, 260, 270, 280, 290,
      ],
      null,
    ],
  },
  'tick:60,10,silent_server': {
    theirs: [[70, 150], 190],
    ours: [[10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130], 135],
  },
  'tick:10,2.5,none': { theirs: [[12.5], 22.5], ours: [[1.67, 3.33, 5, 6.66, 8.33, 10, 11.66, 13.33, 14.99], 15.05] },
  'tick:10,2.5,server_heartbeats_every_half': {
    theirs: [[12.5, 27.5, 42.5], null],
    ours: [
      [
        1.67, 3.33, 5, 6.66, 8.33, 10, 11.66, 13.33, 14.99, 16.66, 18.33, 19.99, 21.66, 23.32, 24.99, 26.66, 28.32,
        29.99, 31.65, 33.32, 34.99, 36.65, 38.32, 39.98, 41.65, 43.32, 44.98, 46.65, 48.31, 49.98,
      ],
      null,
    ],
  },
  'tick:2,0.5,none': {
    theirs: [[2.5], 4.5],
    ours: [[0.34, 0.69, 1.03, 1.37, 1.71, 2.06, 2.4, 2.74, 3.08, 3.42, 3.77], 4.01],
  },
  'tick:2,0.5,server_heartbeats_every_half': {
    theirs: [[2.5, 5.5, 8.5], null],
    ours: [
      [
        0.34, 0.69, 1.03, 1.37, 1.71, 2.06, 2.4, 2.74, 3.08, 3.42, 3.77, 4.11, 4.45, 4.79, 5.14, 5.48, 5.82, 6.16, 6.51,
        6.85, 7.19, 7.53, 7.88, 8.22, 8.56, 8.9, 9.25, 9.59, 9.93,
      ],
      null,
    ],
  },
  'tick:6,1,silent_server': {
    theirs: [[7, 15], 19],
    ours: [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17], 17],
  },
  'tick:1,0.25,none': {
    theirs: [[1.25], 2.25],
    ours: [[0.17, 0.33, 0.5, 0.66, 0.83, 1, 1.16, 1.33, 1.49, 1.66, 1.83, 1.99], 2],
  },
  'tick:1,0.25,server_heartbeats_every_half': {
    theirs: [[1.25, 2.75, 4.25], null],
    ours: [
      [
        0.17, 0.33, 0.5, 0.66, 0.83, 1, 1.16, 1.33, 1.49, 1.66, 1.83, 1.99, 2.16, 2.32, 2.49, 2.66, 2.82, 2.99, 3.15,
        3.32, 3.49, 3.65, 3.82, 3.98, 4.15, 4.32, 4.48, 4.65, 4.81, 4.98,
      ],
      null,
    ],
  },
};

describe('the timelines of py-amqp 5.1.1', () => {
  it.each(Object.entries(timelines))('deviation: %s', (id, { theirs, ours }) => {
    const vector = vectors.tick.find((tick) => tick.id === id);
    expect([vector?.sentAt, vector?.deadAt]).toEqual(theirs);
    expect(timeline(vector?.negotiated ?? 0, vector?.inbound ?? '')).toEqual(ours);
  });

  it('deviation: a verdict waits until what the kernel holds is read', () => {
    // Three intervals blocked in a timer, with the peer's frames unread: 2 x H have gone by the clock.
    const stalls = [{ atMs: 61_000, lastsMs: 180_000, where: 'timers' }] as const;
    const result = simulateHeartbeat({ intervalMs: 60_000, forMs: 600_000, stalls, peerCloses: false });
    expect(result.stalls).toMatchObject([{ kind: 'loop' }]);
    expect(result.lost).toBeUndefined();
  });

  it('are all listed', () => {
    expect(Object.keys(timelines)).toEqual(vectors.tick.map((tick) => tick.id));
  });
});

function timeline(seconds: number, inbound: string): [sent: number[], dead: number | null] {
  const intervalMs = seconds * 1_000;
  // A peer that sends what the vector says and nothing else.
  const until = inbound === 'none' ? 0 : inbound === 'silent_server' ? intervalMs : 5 * intervalMs;
  const frames = Array.from({ length: Math.floor(until / (intervalMs / 2)) }, (_, i) => ((i + 1) * intervalMs) / 2);
  const result = simulateHeartbeat({ intervalMs, forMs: 5 * intervalMs, peerSendsAtMs: frames, peerBeats: false });
  const hundredths = (atMs: number): number => Math.round(atMs / 10) / 100;
  return [result.beatsAtMs.map(hundredths), result.lost ? hundredths(result.lost.atMs) : null];
}
