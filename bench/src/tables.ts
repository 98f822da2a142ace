import type { Contender } from './contender.ts';
import { BASE, OURS } from './contenders.ts';
import type { Findings } from './run.ts';
import { PAYLOADS, type Scenario } from './scenarios.ts';
import { median } from './statistics.ts';

/** The figures of a run, by contender and scenario. */
export class Results {
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Of all rounds; NaN where nothing was measured. */
  median(contender: string, scenario: string, figure: string): number {
    return median(this.#values(contender, scenario, figure).map(({ value }) => value));
  }

  max(contender: string, scenario: string, figure: string): number {
    const values = this.#values(contender, scenario, figure).map(({ value }) => value);
    return values.length === 0 ? Number.NaN : Math.max(...values);
  }

  sum(contender: string, scenario: string, figure: string): number {
    return this.#values(contender, scenario, figure).reduce((sum, { value }) => sum + value, 0);
  }

  /** The median of what the one is to the other in the same round. */
  ratio(contender: string, to: string, scenario: string, figure: string): number {
    const others = new Map(this.#values(to, scenario, figure).map(({ round, value }) => [round, value]));
    const ratios = this.#values(contender, scenario, figure).flatMap(({ round, value }) => {
      const other = others.get(round);
      return other === undefined ? [] : [value / other];
    });
    return median(ratios);
  }

  #values(contender: string, scenario: string, figure: string): { round: number; value: number }[] {
    return this.#findings.samples
      .filter((sample) => sample.contender === contender && sample.scenario === scenario)
      .flatMap(({ round, figures }) => {
        const value = figures[figure];
        return value === undefined || Number.isNaN(value) ? [] : [{ round, value }];
      });
  }
}

/** A Markdown table; no text when it would be empty. */
export function table(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const filled = rows.filter((row) => row.slice(1).some((cell) => cell !== '–'));
  if (filled.length === 0) return '';
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return `## ${title}\n\n${[line(columns), line(columns.map(() => '---')), ...filled.map(line)].join('\n')}\n\n`;
}

/** With commas between thousands; a dash for NaN. */
export function number(value: number, digits = 0): string {
  if (Number.isNaN(value)) return '–';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** `1,234 (0.56)` */
export function withRatio(value: number, ratio: number, digits = 0): string {
  return Number.isNaN(value) ? '–' : `${number(value, digits)} (${number(ratio, 2)})`;
}

/** All tables of a run. */
export function renderTables(
  results: Results,
  contenders: readonly Contender[],
  scenarios: readonly Scenario[],
): string {
  const named = (prefix: string): readonly Scenario[] => scenarios.filter(({ name }) => name.startsWith(`${prefix}-`));
  const rates = (title: string, shown: readonly Scenario[], base: string): string =>
    table(
      title,
      ['', ...shown.map((scenario) => scenario.title)],
      contenders.map(({ name, label }) => [
        label,
        ...shown.map((scenario) =>
          withRatio(
            results.median(name, scenario.name, 'perSecond'),
            results.ratio(name, base, scenario.name, 'perSecond'),
          ),
        ),
      ]),
    );
  const figures = (title: string, shown: readonly Scenario[], figure: string, digits = 1): string =>
    table(
      title,
      ['', ...shown.map((scenario) => scenario.title)],
      contenders.map(({ name, label }) => [
        label,
        ...shown.map((scenario) =>
          withRatio(
            results.median(name, scenario.name, figure),
            results.ratio(name, BASE, scenario.name, figure),
            digits,
          ),
        ),
      ]),
    );
  const cpu = (title: string, shown: readonly Scenario[]): string => figures(title, shown, 'clientCpuUs');
  const ofPayloads = PAYLOADS.flatMap(({ title, suffix }) => {
    const calls = named('calls').filter(({ name }) => name.replace(/^calls-\d+/, '') === suffix);
    return [
      rates(`Calls per second, ${title} (ratio to bare)`, calls, BASE),
      figures(`p50 of calls, ${title}, ms (ratio to bare)`, calls, 'p50Ms', 2),
      figures(`p99 of calls, ${title}, ms (ratio to bare)`, calls, 'p99Ms', 2),
      figures(`CPU time of the client for a call, ${title}, µs (ratio to bare)`, calls, 'clientCpuUs'),
      figures(`CPU time of the server for a call, ${title}, µs (ratio to bare)`, calls, 'serverCpuUs'),
      figures(`Socket writes of the client for a call, ${title} (ratio to bare)`, calls, 'clientWrites', 2),
      figures(`Socket writes of the server for a call, ${title} (ratio to bare)`, calls, 'serverWrites', 2),
    ];
  });
  const calls = named('calls').filter(({ name }) => /^calls-\d+$/.test(name));
  return [
    ...ofPayloads,
    table(
      'leveret against each of them, calls per second, 100 bytes',
      ['', ...calls.map(({ title }) => title)],
      contenders
        .filter(({ name }) => name !== OURS)
        .map(({ name, label }) => [
          label,
          ...calls.map((scenario) => number(results.ratio(OURS, name, scenario.name, 'perSecond'), 2)),
        ]),
    ),
    rates('Confirmed publishes per second, 100 bytes (ratio to bare)', named('publish'), BASE),
    cpu('CPU time of the client for a confirmed publish, µs (ratio to bare)', named('publish')),
    rates('Acknowledged deliveries per second, 100 bytes (ratio to bare)', named('consume'), BASE),
    cpu('CPU time of the client for an acknowledged delivery, µs (ratio to bare)', named('consume')),
    table(
      'Set-up and recovery',
      [
        '',
        'set-up to first reply, ms',
        'the first in a process, ms',
        'gap after a forced close, ms: median, worst',
        'calls failed, unsettled',
      ],
      contenders.map(({ name, label }) => {
        const gap = results.median(name, 'gap', 'gapMs');
        const lost = `${results.sum(name, 'gap', 'failed')}, ${results.sum(name, 'gap', 'unsettled')}`;
        return [
          label,
          number(results.median(name, 'set-up', 'setUpMs'), 1),
          number(results.median(name, 'set-up', 'firstSetUpMs'), 1),
          Number.isNaN(gap) ? '–' : `${number(gap)}, ${number(results.max(name, 'gap', 'gapMs'))}`,
          Number.isNaN(gap) ? '–' : lost,
        ];
      }),
    ),
    rates('As shipped: calls per second (ratio to leveret)', named('shipped-calls'), OURS),
    rates('As shipped: confirmed publishes per second (ratio to leveret)', named('shipped-publish'), OURS),
    rates('As shipped: acknowledged deliveries per second (ratio to leveret)', named('shipped-consume'), OURS),
  ].join('');
}
