import { describe, expect, it } from 'vitest';
import { CallTally, percentile } from './call-tally.ts';
import { type Findings, figuresOf } from './figures.ts';
import { formatReport } from './report.ts';

function findings(overrides: Partial<Findings> = {}): Findings {
  const tally = new CallTally();
  for (const ms of [1, 2, 3]) {
    tally.sent('describe');
    tally.settled('describe', 'answered', ms, 10_000);
  }
  return {
    broker: { host: '127.0.0.1:5672', kind: 'embedded' },
    seconds: 1.5,
    firstAnswerMs: 412,
    concurrency: 2,
    planned: 3,
    deadlineMs: 10_000,
    tally,
    sent: { reboots: new Map([['host-1', 2]]), refreshes: 1, notSent: 0 },
    counts: new Map([['host-1', { host: 'host-1', rebooted: 2, refreshed: 1 }]]),
    heard: { resizes: 0, again: 0 },
    repeats: { publishedAgain: 0, filtered: 0, givenBack: 0, repliesIgnored: 0 },
    cuts: [{ kind: 'closed', connections: 8, callsWaiting: 2, firstAnswerMs: 48, allBackMs: null }],
    connections: [{ name: 'client publish', open: true, lost: 1, reconnects: 1 }],
    python: undefined,
    interrupted: false,
    stalled: false,
    ...overrides,
  };
}

const plain = (_style: string, text: string): string => text;

describe('the verdict', () => {
  it('is that nothing was lost when everything arrived', () => {
    const figures = figuresOf(findings());
    expect(figures.lost).toEqual([]);
    expect(figures.calls).toMatchObject({ sent: 3, answered: 3, perSecond: 2, p50Ms: 2, p99Ms: 3 });
    expect(formatReport(figures, plain)).toContain('nothing lost: each of 3 calls was answered, failed or cancelled');
  });

  it('names every cast that is missing', () => {
    const counts = new Map([['host-1', { host: 'host-1', rebooted: 1, refreshed: 0 }]]);
    const figures = figuresOf(findings({ counts }));
    expect(figures.lost).toEqual([
      'reboots that did not reach their server: 1',
      'refreshes that did not reach a server: 1',
    ]);
    expect(formatReport(figures, plain)).toContain('SOMETHING WAS LOST');
  });

  it('does not hide what one server has too few behind what another has too many', () => {
    const sent = {
      reboots: new Map([
        ['host-1', 2],
        ['host-2', 2],
      ]),
      refreshes: 0,
      notSent: 0,
    };
    const counts = new Map([
      ['host-1', { host: 'host-1', rebooted: 3, refreshed: 0 }],
      ['host-2', { host: 'host-2', rebooted: 1, refreshed: 0 }],
    ]);
    expect(figuresOf(findings({ sent, counts })).reboots).toEqual({ sent: 4, due: 4, done: 4, missing: 1, twice: 1 });
  });

  it('names every notification that was not heard, and counts apart what was heard again', () => {
    const counts = new Map([
      ['host-1', { host: 'host-1', rebooted: 2, refreshed: 1, notified: 5 }],
      // It does not say, and owes none.
      ['host-py', { host: 'host-py', rebooted: 0, refreshed: 1 }],
    ]);
    const figures = figuresOf(findings({ counts, heard: { resizes: 4, again: 2 } }));
    expect(figures.notifications).toEqual({ sent: 5, due: 5, done: 6, missing: 1, twice: 2 });
    expect(figures.lost).toEqual(['notifications that did not reach their listener: 1']);
  });

  it('takes a call for no loss that was cancelled or refused as meant, and says what servers saw of cancels', () => {
    const tally = new CallTally();
    for (const row of ['resize', 'resize', 'bad args']) tally.sent(row);
    tally.settled('resize', 'cancelledAsMeant', 31, 10_000);
    tally.settled('resize', 'cancelledAsMeant', 40, 10_000);
    tally.settled('bad args', 'refusedAsMeant', 0.2, 10_000);
    const counts = new Map([['host-1', { host: 'host-1', rebooted: 2, refreshed: 1, cancelled: 1, busy_ms: 4_100 }]]);
    const figures = figuresOf(findings({ tally, counts }));
    const report = formatReport(figures, plain);
    expect([figures.nothingLost, figures.calls.pending, figures.calls.p50Ms]).toEqual([true, 0, 0.2]);
    expect(report).toMatch(/all +3 +0 +1 +2 +0 +0/);
    expect(report).toContain('2 calls given up by their caller; servers ended 1 of them');
    expect(report).toContain('methods took 4 s');
  });

  it('names calls that did not end, ended wrong, could not be sent or ended late', () => {
    const tally = new CallTally();
    for (let i = 0; i < 4; i += 1) tally.sent('resize');
    tally.settled('resize', 'wrong', 5, 10_000, 'an error');
    tally.settled('resize', 'notSent', 5, 10_000);
    tally.settled('resize', 'timedOut', 12_000, 10_000);
    const figures = figuresOf(findings({ tally }));
    expect(figures.lost).toEqual([
      'calls that did not end at all: 1',
      'calls that ended with a wrong answer, or an error that was not meant: 1',
      'calls that could not be handed to the broker (their callers were told): 1',
      'milliseconds between a deadline and the end of its call: 2000',
    ]);
    expect(figures.notes).toEqual(['an error']);
  });

  it('names a server that did not answer, a connection that is away, and a load that stood still', () => {
    const figures = figuresOf(
      findings({
        counts: new Map([['host-1', undefined]]),
        connections: [{ name: 'client publish', open: false, lost: 1, reconnects: 0 }],
        stalled: true,
      }),
    );
    expect(figures.lost).toEqual([
      'host-1 did not say what it received',
      "the connection 'client publish' did not come back",
      'no call was answered any more, and the load was ended early',
    ]);
    expect(figures.reboots).toEqual({ sent: 2, due: 0, done: 0, missing: 0, twice: 0 });
  });

  it('takes a timeout by its deadline for an answer, and says how many', () => {
    const tally = new CallTally();
    tally.sent('resize');
    tally.settled('resize', 'timedOut', 10_004, 10_000);
    const figures = figuresOf(findings({ tally }));
    expect(figures.nothingLost).toBe(true);
    expect(formatReport(figures, plain)).toMatch(
      /each of 1 calls was answered, .*\n {2}or timed out by its deadline \(1\),/,
    );
  });

  it('says that it is early when a signal ended the load', () => {
    expect(formatReport(figuresOf(findings({ interrupted: true })), plain)).toContain('Ended early by your signal');
  });
});

describe('a percentile', () => {
  it('is the nearest rank, and nothing of nothing', () => {
    expect([percentile([], 0.5), percentile([1], 0.99), percentile([1, 2, 3, 4], 0.5)]).toEqual([null, 1, 2]);
  });
});
