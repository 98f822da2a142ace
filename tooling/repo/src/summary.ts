import type { StageResult } from './run-stage.ts';
import { addTallies, emptyTally, formatTally, type Tally } from './tally.ts';

/** The sum over all stages, where each problem is one failed. */
export function totalTally(results: readonly StageResult[]): Tally {
  return results.reduce(
    (sum, { tally, problems }) => addTallies(addTallies(sum, tally), { ...emptyTally, failed: problems.length }),
    emptyTally,
  );
}

/** A table of the stages, a line for each problem, and last the tally alone in its line. */
export function formatSummary(results: readonly StageResult[]): string {
  const rows = [
    ['stage', 'seconds', 'passed', 'failed'],
    ...results.map(({ stage, seconds, tally, problems }) => [
      stage.name,
      seconds.toFixed(1),
      stage.report === undefined ? '-' : String(tally.passed),
      String(tally.failed + problems.length),
    ]),
  ];
  const table = rows.map(([name = '', ...numbers]) =>
    [name.padEnd(10), ...numbers.map((number) => number.padStart(8))].join(' '),
  );
  const problems = results.flatMap(({ stage, problems }) => problems.map((text) => `FAILED ${stage.name}: ${text}`));
  return [...table, ...(problems.length > 0 ? ['', ...problems] : []), '', formatTally(totalTally(results))].join('\n');
}
