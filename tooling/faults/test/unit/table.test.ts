import { describe, expect, it } from 'vitest';
import type { ClientUnderTest } from '../../src/client.ts';
import { atMost, exactly, type Figure, formatFigure, isMet, told } from '../../src/figure.ts';
import { peakWithin } from '../../src/peak.ts';
import { runScenario } from '../../src/run-scenario.ts';
import type { Scenario } from '../../src/scenario.ts';
import type { Stage } from '../../src/stage.ts';
import { formatTable } from '../../src/table.ts';

// None of these scenarios sets foot on it.
const stage = {} as Stage;

function scenarioOf(...rounds: readonly (readonly Figure[])[]): Scenario {
  const left = [...rounds];
  return {
    name: 'made-up',
    title: 'a made-up fault',
    goal: 'none',
    run: async ({ note, createClient }) => {
      const client: ClientUnderTest = createClient({ url: 'rabbit://127.0.0.1:1/', queue: 'none' });
      await client.close();
      note('a note');
      return left.shift() ?? [];
    },
  };
}

describe('a figure', () => {
  it('is told with its goal, and a count with its goal only when it is missed', () => {
    expect(formatFigure(atMost('gap', 311.6, 500))).toBe('gap 312 ms (≤ 500)');
    expect(formatFigure(atMost('gap', Number.POSITIVE_INFINITY, 500))).toBe('gap never (≤ 500)');
    expect(formatFigure(atMost('heap', 0.256, 0.5, 'MB'))).toBe('heap 0.26 MB (≤ 0.5)');
    expect(formatFigure(exactly('lost', 0, 0))).toBe('lost 0');
    expect(formatFigure(exactly('lost', 3, 0))).toBe('lost 3 (should be 0)');
    expect(formatFigure(told('duplicated', 7))).toBe('duplicated 7');
  });

  it('is met at its limit, and not beyond, and never when it is not a number', () => {
    expect([500, 500.1, Number.NaN].map((value) => isMet(atMost('gap', value, 500)))).toEqual([true, false, false]);
    expect([19, 20, 21].map((value) => isMet(exactly('returned', value, 20)))).toEqual([false, true, false]);
    expect(isMet(told('duplicated', 7))).toBe(true);
  });
});

describe('a scenario of several rounds', () => {
  it('is judged by the worst of each figure', async () => {
    const rounds = [
      [atMost('gap', 300, 500), exactly('back', 20, 20)],
      [atMost('gap', 501, 500), exactly('back', 20, 20)],
      [atMost('gap', 100, 500), exactly('back', 19, 20)],
    ];
    const result = await runScenario(scenarioOf(...rounds), stage, { client: 'leveret', long: false, rounds: 3 });
    expect(result.figures.map(({ value }) => value)).toEqual([501, 19]);
    expect(result.met).toBe(false);
    expect(formatTable([result])).toBe(
      [
        '| fault under load | goal | measured | met |',
        '|---|---|---|---|',
        '| a made-up fault | none | **gap 501 ms (≤ 500)**, **back 19 (should be 20)** | **no** |',
        '',
        '- a made-up fault: a note (3 times)',
      ].join('\n'),
    );
  });

  it('meets its goal when all rounds do', async () => {
    const rounds = [[atMost('gap', 300, 500)], [atMost('gap', 200, 500)]];
    const result = await runScenario(scenarioOf(...rounds), stage, { client: 'leveret', long: false, rounds: 2 });
    expect([result.met, result.figures[0]?.value]).toEqual([true, 300]);
  });
});

describe('a round that may be tried again', () => {
  const options = { client: 'leveret', long: false, tries: 3 } as const;

  it('is, when nothing but timing was missed, and says so', async () => {
    const rounds = [
      [atMost('gap', 501, 500), exactly('lost', 0, 0)],
      [atMost('gap', 400, 500), exactly('lost', 0, 0)],
    ];
    const result = await runScenario(scenarioOf(...rounds), stage, options);
    expect([result.met, result.figures[0]?.value]).toEqual([true, 400]);
    expect(result.notes).toEqual(['a note (2 times)', 'tried again after gap 501 ms (≤ 500)']);
  });

  it('is not, when a message was lost', async () => {
    const rounds = [
      [atMost('gap', 501, 500), exactly('lost', 1, 0)],
      [atMost('gap', 400, 500), exactly('lost', 0, 0)],
    ];
    const result = await runScenario(scenarioOf(...rounds), stage, options);
    expect([result.met, result.figures.map(({ value }) => value)]).toEqual([false, [501, 1]]);
  });

  it('ends with the last try, met or not', async () => {
    const rounds = [501, 502, 503, 400].map((gap) => [atMost('gap', gap, 500)]);
    const result = await runScenario(scenarioOf(...rounds), stage, options);
    expect([result.met, result.figures[0]?.value]).toEqual([false, 503]);
  });
});

describe('the peak of a crowd', () => {
  it('is the most in any window, wherever it begins', () => {
    expect(peakWithin(100, [0, 90, 95, 99, 150, 189, 300])).toBe(5);
    expect(peakWithin(100, [0, 100, 200])).toBe(1);
    expect(peakWithin(100, [])).toBe(0);
  });
});
