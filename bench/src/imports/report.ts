import type { Circumstances } from '../report.ts';
import { median, quantile } from '../statistics.ts';
import type { Loaded } from './contenders.ts';
import { NOTHING } from './contenders.ts';
import type { ImportCost } from './measure.ts';

/** By specifier, each round. */
export type ImportFindings = ReadonlyMap<string, readonly ImportCost[]>;

/** The report as Markdown. */
export function renderImportReport(
  findings: ImportFindings,
  loaded: readonly Loaded[],
  { date, command, node, machine, loads, options }: Circumstances,
): string {
  const cpu = (specifier: string): readonly number[] => (findings.get(specifier) ?? []).map(({ cpuMs }) => cpuMs);
  const rows = [{ specifier: NOTHING, beside: '' }, ...loaded].map(({ specifier, beside }) => {
    const others = cpu(beside);
    const ratios = cpu(specifier).map((ms, round) => ms / (others[round] ?? Number.NaN));
    const wall = (findings.get(specifier) ?? []).map(({ wallMs }) => wallMs);
    return [
      specifier,
      median(cpu(specifier)).toFixed(1),
      quantile(cpu(specifier), 0.25).toFixed(1),
      others.length === 0 ? '–' : `${median(ratios).toFixed(2)} × ${beside}`,
      median(wall).toFixed(1),
    ];
  });
  return [
    `# ${date}: loading\n\n`,
    `\`${command}\`: ${options.rounds} interleaved rounds, each import in a fresh process; a ratio is the median of the ratios of the rounds.`,
    options.quick ? ' A quick look: nothing to quote.' : '',
    `\n\n- Node ${node}\n- ${machine}\n- load average ${loads[0]} before the run, ${loads[1]} at its end\n\n`,
    '| import | CPU, ms: median | lowest quarter | ratio | wall, ms: median |\n|---|---:|---:|---|---:|\n',
    ...rows.map((cells) => `| ${cells.join(' | ')} |\n`),
  ].join('');
}
