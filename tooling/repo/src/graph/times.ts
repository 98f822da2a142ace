import { stripVTControlCharacters } from 'node:util';

/** One run of turbo over the whole graph. */
export interface GraphRun {
  /** When, as the table says it. */
  readonly name: string;
  readonly seconds: number;
  readonly tasks: number;
  /** How many of them came out of the cache. */
  readonly cached: number;
}

const start = '<!-- times of the graph, by npm run measure:graph -->';
const end = '<!-- /times of the graph -->';

/** Reads what turbo prints at the end of a run. Throws when it is not there. */
export function readGraphRun(name: string, seconds: number, output: string): GraphRun {
  const [, cached, tasks] = /Cached:\s+(\d+) cached, (\d+) total/.exec(stripVTControlCharacters(output)) ?? [];
  if (cached === undefined || tasks === undefined) throw new Error(`turbo did not say what it ran:\n${output}`);
  return { name, seconds, tasks: Number(tasks), cached: Number(cached) };
}

/** The table of some runs. */
export function formatTimes(runs: readonly GraphRun[]): string {
  const rows = runs.map(({ name, seconds, tasks, cached }) => {
    const time = seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0);
    return `| ${name} | ${tasks - cached} of ${tasks} | ${time} s |`;
  });
  return ['| | tasks that ran | time |', '|---|---:|---:|', ...rows].join('\n');
}

/** A page with these times between its two marks. Throws when it has no marks. */
export function withTimes(page: string, times: string): string {
  const [before, rest] = page.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`The page needs a line ${start} and a line ${end}.`);
  return `${before}${start}\n\n${times}\n\n${end}${after}`;
}
