import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveLimits } from './limits.js';
import { afterPoll, type Due, due, type Pulse, pausePulse, type Reading, resumePulse, startPulse } from './pulse.js';

const limits = resolveLimits({ intervalMs: 60_000 });
const asking = resolveLimits({ intervalMs: 60_000, mode: 'ping-pong' });
const at = (now: number, more: Partial<Reading> = {}): Reading => ({
  now,
  wall: now,
  bytesRead: 0,
  bytesWritten: 0,
  ...more,
});
const begin = (more: Partial<Pulse> = {}): Pulse => ({ ...startPulse(at(0)), ...more });

/** What is due, and the pulse after it. */
function look(pulse: Pulse, reading: Reading, by: typeof limits = limits): Due & { readonly pulse: Pulse } {
  return { ...due(pulse, by, reading), pulse };
}

function verdict(pulse: Pulse, reading: Reading): ReturnType<typeof afterPoll> {
  return afterPoll(pulse, limits, reading);
}

describe('limits', () => {
  it.each([
    [1_000, 2_000, 2_000, 83],
    [6_000, 11_000, 11_000, 500],
    [20_000, 25_000, 25_000, 1_666],
    [60_000, 75_000, 65_000, 5_000],
    [580_000, 725_000, 628_333, 48_333],
  ])('for H = %d ms are S = %d ms, P = %d ms and a tick of %d ms', (intervalMs, silenceMs, freshMs, tickMs) => {
    expect(resolveLimits({ intervalMs })).toMatchObject({ silenceMs, freshMs, tickMs });
  });

  it.each([
    [2, 30_000, 5_000],
    [4, 15_000, 5_000],
    [6, 10_000, 5_000],
    [12, 5_000, 2_500],
    [100, 600, 300],
  ])('with %d beats per minute are %d ms to the beat and a tick of %d ms', (beatsPerInterval, beatEveryMs, tickMs) => {
    expect(resolveLimits({ intervalMs: 60_000, beatsPerInterval })).toMatchObject({ beatEveryMs, tickMs });
  });

  it('in ping-pong are an interval to the question, and the rest of S to the answer', () => {
    expect(asking).toMatchObject({ beatEveryMs: 60_000, freshMs: 15_000, silenceMs: 75_000, tickMs: 5_000 });
  });
});

describe('due', () => {
  it('counts the silence that a punctual loop saw', () => {
    expect(look(begin(), at(5_000)).pulse).toMatchObject({ observedSilenceMs: 5_000, idleMs: 5_000 });
  });

  it('counts one tick for a stall, asks for a beat and tells of it', () => {
    const { pulse, beat, look: asked, stall } = look(begin(), at(50_000));
    expect(pulse).toMatchObject({ observedSilenceMs: 5_000, wallSilenceMs: 50_000, listening: 'listening' });
    expect({ beat, asked, stall }).toEqual({
      beat: true,
      asked: false,
      stall: { kind: 'loop', gapMs: 50_000, peerMayHaveClosed: false },
    });
  });

  it('asks for a look, and for fresh bytes after it, when the stall was as long as the interval', () => {
    const { pulse, look: asked } = look(begin(), at(60_000));
    expect(asked).toBe(true);
    expect(pulse).toMatchObject({ listening: 'stalled', observedSilenceMs: 0 });
    // What waited in the kernel is no evidence.
    expect(verdict(pulse, at(60_001, { bytesRead: 40 }))).toBeUndefined();
    expect(pulse).toMatchObject({ listening: 'proving', observedSilenceMs: 0, bytesRead: 40 });
    expect(look(pulse, at(65_000, { bytesRead: 48 })).pulse.listening).toBe('listening');
  });

  it('takes a wall clock half an interval ahead for sleep, and one behind for a correction', () => {
    expect(look(begin(), at(5_000, { wall: 5_000 + 30_001 })).stall).toEqual({
      kind: 'suspend',
      gapMs: 35_001,
      peerMayHaveClosed: false,
    });
    expect(look(begin(), at(5_000, { wall: 35_000 })).stall).toBeUndefined();
    expect(look(begin(), at(5_000, { wall: -1e12 })).stall).toBeUndefined();
  });

  it('asks for a beat at once after a stall, however seldom an idle link beats', () => {
    const seldom = resolveLimits({ intervalMs: 60_000, beatsPerInterval: 2 });
    expect(look(begin(), at(15_000), seldom).beat).toBe(false);
    expect(look(begin(), at(15_001), seldom).beat).toBe(true);
    // What was written may have been written before the stall.
    expect(look(begin(), at(15_001, { bytesWritten: 8 }), seldom).beat).toBe(true);
  });

  it('takes what was written since the last look for as old as it may be', () => {
    const pulse = begin({ idleMs: 8_000 });
    expect(look(pulse, at(5_000, { bytesWritten: 8 }))).toMatchObject({ beat: false, nextMs: 5_000 });
    expect(pulse.idleMs).toBe(5_000);
    expect(look(pulse, at(10_000, { bytesWritten: 8 })).beat).toBe(true);
  });

  it('says that the peer may have closed when it heard nothing for two intervals less a tick', () => {
    expect(look(begin(), at(114_999)).stall?.peerMayHaveClosed).toBe(false);
    expect(look(begin(), at(115_000)).stall?.peerMayHaveClosed).toBe(true);
    expect(look(begin(), at(59_999), asking).stall?.peerMayHaveClosed).toBe(false);
    expect(look(begin(), at(60_000), asking).stall?.peerMayHaveClosed).toBe(true);
  });
});

describe('due in ping-pong', () => {
  it('counts no silence until it has asked, and then no more than the answer may take', () => {
    const pulse = begin({ idleMs: 55_000 });
    expect(look(pulse, at(5_000), asking)).toMatchObject({ beat: true, nextMs: 5_000 });
    expect(pulse).toMatchObject({ listening: 'proving', observedSilenceMs: 0 });
    expect(look(pulse, at(10_000), asking)).toMatchObject({ beat: false, look: false });
    expect(look(pulse, at(15_000), asking)).toMatchObject({ beat: false, look: false });
    expect(look(pulse, at(20_000), asking)).toMatchObject({ beat: false, look: true });
    expect(afterPoll(pulse, asking, at(20_000))).toBe('no-answer');
  });

  it('asks again after a stall, and does not take an old answer for a new one', () => {
    const pulse = begin({ listening: 'proving' });
    expect(look(pulse, at(90_000), asking)).toMatchObject({ beat: true, look: true });
    expect(afterPoll(pulse, asking, at(90_000, { bytesRead: 1 }))).toBe('ask');
    expect(pulse.listening).toBe('proving');
    look(pulse, at(95_000, { bytesRead: 2 }), asking);
    expect(pulse.listening).toBe('listening');
  });
});

describe('afterPoll', () => {
  const silent = (more: Partial<Pulse> = {}): Pulse => begin({ observedSilenceMs: 75_000, ...more });

  it('calls a silent peer dead', () => {
    expect(verdict(silent(), at(1))).toBe('silence');
    expect(verdict(silent({ listening: 'proving' }), at(1))).toBe('no-fresh-data-after-stall');
  });

  it('takes bytes that the poll phase brought for life', () => {
    const pulse = silent();
    expect(verdict(pulse, at(1, { bytesRead: 1 }))).toBeUndefined();
    expect(pulse.observedSilenceMs).toBe(0);
  });

  it('leaves what was written meanwhile to the next look', () => {
    const pulse = silent();
    verdict(pulse, at(1, { bytesRead: 1, bytesWritten: 8 }));
    expect(pulse.bytesWritten).toBe(0);
  });

  it('says nothing when a stall or a sleep came before it, or while paused', () => {
    expect(verdict(silent(), at(15_001))).toBeUndefined();
    expect(verdict(silent(), at(1, { wall: 40_000 }))).toBeUndefined();
    expect(verdict(silent({ listening: 'paused' }), at(1))).toBeUndefined();
  });
});

describe('pause and resume', () => {
  it('forget the silence on both sides', () => {
    const pulse = begin({ observedSilenceMs: 70_000 });
    pausePulse(pulse);
    expect(pulse).toMatchObject({ listening: 'paused', observedSilenceMs: 0 });
    resumePulse(pulse);
    expect(pulse).toMatchObject({ listening: 'listening', observedSilenceMs: 0 });
  });

  it('change nothing in a link that was not paused', () => {
    const pulse = begin({ listening: 'proving', observedSilenceMs: 7_000 });
    resumePulse(pulse);
    expect(pulse).toMatchObject({ listening: 'proving', observedSilenceMs: 7_000 });
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
const modes = fc.constantFrom('one-way' as const, 'ping-pong' as const);

type Step = { gap: number; jump: number; read: boolean; wrote: boolean; polled: boolean };

function trace(schedule: Step[], mode: 'one-way' | 'ping-pong', offset: number, scale: number): unknown[] {
  let reading: Reading = { now: offset, wall: offset, bytesRead: 0, bytesWritten: 0 };
  const pulse = startPulse(reading);
  const by = resolveLimits({ intervalMs: 60_000 * scale, silenceMs: 75_000 * scale, mode });
  // Five seconds for the network do not grow with the interval.
  const scaled = { ...by, freshMs: (mode === 'one-way' ? 65_000 : 15_000) * scale };
  return schedule.map(({ gap, jump, read, wrote, polled }) => {
    reading = {
      now: reading.now + gap * scale,
      wall: reading.wall + (gap + jump) * scale,
      bytesRead: reading.bytesRead + (read ? 8 : 0),
      bytesWritten: reading.bytesWritten + (wrote ? 8 : 0),
    };
    const decision = due(pulse, scaled, reading);
    const lost = polled ? afterPoll(pulse, scaled, reading) : undefined;
    return [decision.beat, decision.look, decision.stall?.kind, decision.nextMs / scale, lost, pulse.listening];
  });
}

describe('the decisions', () => {
  it('are the same whenever both clocks started', () => {
    fc.assert(
      fc.property(steps, modes, fc.integer({ min: -1e9, max: 1e12 }), (schedule, mode, offset) => {
        expect(trace(schedule, mode, offset, 1)).toEqual(trace(schedule, mode, 0, 1));
      }),
    );
  });

  it('scale with the interval', () => {
    fc.assert(
      fc.property(steps, modes, (schedule, mode) => {
        expect(trace(schedule, mode, 0, 4)).toEqual(trace(schedule, mode, 0, 1));
      }),
    );
  });

  it('leave a pulse that is plain data', () => {
    const pulse = begin();
    expect(JSON.parse(JSON.stringify(pulse))).toEqual(pulse);
  });

  it('always ask to be called again within a tick, and later than now', () => {
    fc.assert(
      fc.property(steps, modes, (schedule, mode) => {
        for (const step of trace(schedule, mode, 0, 1)) {
          const nextMs = (step as unknown[])[3] as number;
          expect(nextMs > 0 && nextMs <= 5_000).toBe(true);
        }
      }),
    );
  });
});
