import type { Result } from './results.ts';
import { type Runtime, runtimes } from './runtimes.ts';
import type { Suite } from './suites.ts';

/** A table of Markdown: the head, then its rows. */
function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`.replace('|  |', '| |');
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** What a runtime made of some suites, in a word or two. */
export function formatCell(results: readonly Result[]): string {
  const sum = (of: (result: Result) => number): number => results.reduce((total, one) => total + of(one), 0);
  const failed = sum((result) => result.failed);
  const tests = sum(({ leftOut }) => leftOut.reduce((total, one) => total + (one.tests ?? 0), 0));
  const files = sum(({ leftOut }) => leftOut.filter((one) => one.tests === undefined).length);
  const left = [...(tests > 0 ? [count(tests, 'test')] : []), ...(files > 0 ? [count(files, 'file')] : [])];
  return [
    `${sum((result) => result.passed)} passed`,
    ...(failed > 0 ? [`**${failed} failed**`] : []),
    ...(left.length > 0 ? [`${left.join(' and ')} left out`] : []),
  ].join(', ');
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

/** The runtimes that there are results of, with the version that ran. */
function ran(results: readonly Result[]): readonly (Runtime & { readonly release: string })[] {
  return runtimes.flatMap((runtime) => {
    const release = results.find((result) => result.runtime === runtime.name)?.version;
    return release === undefined ? [] : [{ ...runtime, release }];
  });
}

/** A line for each runtime, and a column for each group of suites, under its title. */
export function formatTable(results: readonly Result[], columns: ReadonlyMap<string, readonly Suite[]>): string {
  const rows = ran(results).map(({ name, title, release, browser }) => [
    `${title} ${release}`,
    ...[...columns.values()].map((suites) => {
      const own = results.filter(({ runtime, suite }) => runtime === name && suites.some((one) => one.name === suite));
      if (own.length > 0) return formatCell(own);
      return browser && !suites.some((suite) => suite.browser) ? 'no' : 'not run yet';
    }),
  ]);
  return markdown(['', ...columns.keys()], rows);
}

/** What is left out and why, a line for each file and reason. */
export function formatLeftOut(results: readonly Result[], suites: readonly Suite[]): string {
  const rows = ran(results).flatMap(({ name, title, release }) =>
    results
      .filter(({ runtime }) => runtime === name)
      .flatMap(({ suite, leftOut }) => {
        const { package: tested = suite } = suites.find((one) => one.name === suite) ?? {};
        const [major = ''] = release.split('.');
        return leftOut.map(({ file, tests, reason }) => [
          `${title} ${major}`,
          `${tested}/${file}`,
          tests === undefined ? 'the whole file' : count(tests, 'test'),
          reason,
        ]);
      }),
  );
  return markdown(['on', 'of', 'left out', 'because'], rows);
}
