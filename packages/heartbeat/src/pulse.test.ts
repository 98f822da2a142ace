import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveLimits } from './limits.js';
import { afterBeat, afterPoll, due, type Pulse, pausePulse, type Reading, resumePulse, startPulse } from './pulse.js';

const limits = resolveLimits({ intervalMs: 60_000 });
const at = (now: number, more: Partial<Reading> = {}): Reading => ({
  now,
  wall: now,
  bytesRead: 0,
  bytesWritten: 0,
  ...more,
});
const begin = (): Pulse => startPulse(limits, at(0));

describe('limits', () => {
  it.each([
    [1_000, 2_000, 2_000],
    [6_000, 11_000, 11_000],
    [20_000, 25_000, 25_000],
    [60_000, 75_000, 67_500],
    [580_000, 725_000, 652_500],
  ])('for H = %d ms are S = %d ms and P = %d ms', (intervalMs, silenceMs, freshMs) => {
    expect(resolveLimits({ intervalMs })).toMatchObject({ silenceMs, freshMs, tickMs: intervalMs / 8 });
  });
});

describe('due', () => {
  it('counts the silence that a punctual loop saw', () => {
    expect(due(begin(), at(7_500)).pulse).toMatchObject({ observedSilenceMs: 7_500, idleMs: 7_500 });
  });

  it('counts one tick for a stall, asks for a beat and tells of it', () => {
    const { pulse, beat, look, stall } = due(begin(), at(50_000));
    expect(pulse).toMatchObject({ observedSilenceMs: 7_500, wallSilenceMs: 50_000, listening: 'listening' });
    expect({ beat, look, stall }).toEqual({
      beat: true,
      look: false,
      stall: { kind: 'loop', gapMs: 50_000, peerMayHaveClosed: false },
    });
  });

  it('asks for a look, and for fresh bytes after it, when the stall was as long as the interval', () => {
    const { pulse, look } = due(begin(), at(60_000));
    expect(look).toBe(true);
    expect(pulse).toMatchObject({ listening: 'stalled', observedSilenceMs: 0 });
    // What waited in the kernel is no evidence.
    const seen = afterPoll(pulse, at(60_001, { bytesRead: 40 }));
    expect(seen).toMatchObject({ pulse: { listening: 'proving', observedSilenceMs: 0, bytesRead: 40 } });
    expect(due(seen.pulse, at(67_500, { bytesRead: 48 })).pulse.listening).toBe('listening');
  });

  it('takes a wall clock half an interval ahead for sleep, and one behind for a correction', () => {
    expect(due(begin(), at(7_500, { wall: 7_500 + 30_001 })).stall).toEqual({
      kind: 'suspend',
      gapMs: 37_501,
      peerMayHaveClosed: false,
    });
    expect(due(begin(), at(7_500, { wall: 37_500 })).stall).toBeUndefined();
    expect(due(begin(), at(7_500, { wall: -1e12 })).stall).toBeUndefined();
  });

  it('asks for a beat at once after a stall, however seldom an idle link beats', () => {
    const seldom = startPulse(resolveLimits({ intervalMs: 60_000, beatsPerInterval: 2 }), at(0));
    expect(due(seldom, at(15_000)).beat).toBe(false);
    expect(due(seldom, at(15_001)).beat).toBe(true);
    // What was written may have been written before the stall.
    expect(due(seldom, at(15_001, { bytesWritten: 8 })).beat).toBe(true);
  });

  it('does not take our own beat for traffic', () => {
    const first = due(begin(), at(15_000));
    expect(first.beat).toBe(true);
    const beaten = afterBeat(first.pulse, 8);
    expect(due(beaten, at(22_500, { bytesWritten: 8 })).pulse.idleMs).toBe(7_500);
  });
});

describe('afterPoll', () => {
  const silent = (): Pulse => ({ ...begin(), observedSilenceMs: 75_000 });

  it('calls a silent peer dead', () => {
    expect(afterPoll(silent(), at(1)).lost).toBe('silence');
    expect(afterPoll({ ...silent(), listening: 'proving' }, at(1)).lost).toBe('no-fresh-data-after-stall');
  });

  it('takes bytes that the poll phase brought for life', () => {
    expect(afterPoll(silent(), at(1, { bytesRead: 1 }))).toMatchObject({ pulse: { observedSilenceMs: 0 } });
    expect(afterPoll(silent(), at(1, { bytesRead: 1 })).lost).toBeUndefined();
  });

  it('says nothing when a stall or a sleep came before it, or while paused', () => {
    expect(afterPoll(silent(), at(15_001)).lost).toBeUndefined();
    expect(afterPoll(silent(), at(1, { wall: 40_000 })).lost).toBeUndefined();
    expect(afterPoll({ ...silent(), listening: 'paused' }, at(1)).lost).toBeUndefined();
  });
});

describe('pause and resume', () => {
  it('forget the silence on both sides', () => {
    const paused = pausePulse({ ...begin(), observedSilenceMs: 70_000 });
    expect(paused).toMatchObject({ listening: 'paused', observedSilenceMs: 0 });
    expect(resumePulse(paused)).toMatchObject({ listening: 'listening', observedSilenceMs: 0 });
    expect(resumePulse(begin()).listening).toBe('listening');
  });
});

const steps = fc.array(
  fc.record({
    gap: fc.integer({ min: 1, max: 200_000 }),
    jump: fc.constantFrom(0, 0, 0, 40_000, -90_000),
    read: fc.boolean(),
    wrote: fc.boolean(),
    polled: fc.boolean(),
  }),
  { maxLength: 40 },
);

type Step = { gap: number; jump: number; read: boolean; wrote: boolean; polled: boolean };

function trace(schedule: Step[], offset: number, scale: number): unknown[] {
  let reading: Reading = { now: offset, wall: offset, bytesRead: 0, bytesWritten: 0 };
  let pulse = startPulse(resolveLimits({ intervalMs: 60_000 * scale, silenceMs: 75_000 * scale }), reading);
  return schedule.map(({ gap, jump, read, wrote, polled }) => {
    reading = {
      now: reading.now + gap * scale,
      wall: reading.wall + (gap + jump) * scale,
      bytesRead: reading.bytesRead + (read ? 8 : 0),
      bytesWritten: reading.bytesWritten + (wrote ? 8 : 0),
    };
    const decision = due(pulse, reading);
    const seen = polled ? afterPoll(decision.pulse, reading) : { pulse: decision.pulse };
    pulse = seen.pulse;
    return [decision.beat, decision.look, decision.stall?.kind, decision.nextMs / scale, seen.lost, pulse.listening];
  });
}

describe('the decisions', () => {
  it('are the same whenever both clocks started', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: -1e9, max: 1e12 }), (schedule, offset) => {
        expect(trace(schedule, offset, 1)).toEqual(trace(schedule, 0, 1));
      }),
    );
  });

  it('scale with the interval', () => {
    fc.assert(
      fc.property(steps, (schedule) => {
        expect(trace(schedule, 0, 4)).toEqual(trace(schedule, 0, 1));
      }),
    );
  });
});
