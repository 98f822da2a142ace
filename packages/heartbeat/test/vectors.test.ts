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

// py-amqp 5.1.1 beside ours, in seconds. Inbound frames at multiples of H / 2: for ever, until H, or never.
const timelines: Record<
  string,
  { theirs: [sent: number[], dead: number | null]; ours: [sent: number[], dead: number | null] }
> = {
  'tick:60,15,none': { theirs: [[75], 135], ours: [[15, 30, 45, 60, 75], 75] },
  'tick:60,15,silent_server': { theirs: [[75, 165], 195], ours: [[15, 30, 45, 60, 75, 90, 105, 120, 135], 135] },
  'tick:60,10,none': { theirs: [[70], 130], ours: [[15, 30, 45, 60, 75], 75] },
  'tick:60,10,server_heartbeats_every_half': {
    theirs: [[70, 150, 230], null],
    ours: [[15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165, 180, 195, 210, 225, 240, 255, 270, 285], null],
  },
  'tick:60,10,silent_server': { theirs: [[70, 150], 190], ours: [[15, 30, 45, 60, 75, 90, 105, 120, 135], 135] },
  'tick:10,2.5,none': { theirs: [[12.5], 22.5], ours: [[2.5, 5, 7.5, 10, 12.5, 15], 15] },
  'tick:10,2.5,server_heartbeats_every_half': {
    theirs: [[12.5, 27.5, 42.5], null],
    ours: [[2.5, 5, 7.5, 10, 12.5, 15, 17.5, 20, 22.5, 25, 27.5, 30, 32.5, 35, 37.5, 40, 42.5, 45, 47.5], null],
  },
  'tick:2,0.5,none': { theirs: [[2.5], 4.5], ours: [[0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4], 4] },
  'tick:2,0.5,server_heartbeats_every_half': {
    theirs: [[2.5, 5.5, 8.5], null],
    ours: [[0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5], null],
  },
  'tick:6,1,silent_server': {
    theirs: [[7, 15], 19],
    ours: [[1.5, 3, 4.5, 6, 7.5, 9, 10.5, 12, 13.5, 15, 16.5], 17],
  },
  'tick:1,0.25,none': { theirs: [[1.25], 2.25], ours: [[0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2], 2] },
  'tick:1,0.25,server_heartbeats_every_half': {
    theirs: [[1.25, 2.75, 4.25], null],
    ours: [[0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 3.75, 4, 4.25, 4.5, 4.75], null],
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
  return [result.beatsAtMs.map((at) => at / 1_000), result.lost ? result.lost.atMs / 1_000 : null];
}
