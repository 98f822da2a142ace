import { resolve } from 'node:path';
import type { Broker } from './broker.ts';
import type { Contender } from './contender.ts';
import type { BenchOptions } from './options.ts';
import { renderProfiles } from './profile-tables.ts';
import type { Findings } from './run.ts';
import type { Scenario } from './scenarios.ts';
import { Results, renderTables } from './tables.ts';

/** What a report says besides its figures. */
export interface Circumstances {
  readonly date: string;
  readonly command: string;
  readonly node: string;
  readonly machine: string;
  /** Before the run, and after it. */
  readonly loads: readonly [string, string];
  readonly options: BenchOptions;
}

/** The report as Markdown. */
export function renderReport(
  findings: Findings,
  contenders: readonly Contender[],
  scenarios: readonly Scenario[],
  broker: Broker,
  { date, command, node, machine, loads, options }: Circumstances,
): string {
  const shown = contenders.filter(({ name }) => findings.samples.some(({ contender }) => contender === name));
  const failed = findings.samples.reduce((sum, { figures }) => sum + (figures['failed'] ?? 0), 0);
  const results = new Results(findings);
  return [
    `# ${date}\n\n`,
    `\`${command}\`: ${options.rounds} interleaved rounds, medians; a ratio is the median of the ratios of the rounds.`,
    options.quick ? ' A quick look: nothing to quote.' : '',
    options.profile === undefined ? '' : ' With profilers running: nothing to quote.',
    '\n\n',
    `- Node ${node}\n- RabbitMQ ${broker.version}, ${broker.settings}\n- ${machine}, which client, server and broker share\n`,
    `- load average ${loads[0]} before the run, ${loads[1]} at its end\n`,
    `- failed operations in all measurements: ${failed}\n\n`,
    renderTables(results, shown, scenarios),
    options.profile === undefined ? '' : renderProfiles(results, resolve(options.profile), shown, scenarios),
    '## Who they are\n\n',
    ...shown.map(({ label, note }) => `- **${label}**: ${note}\n`),
    ...(findings.failures.length === 0 ? [] : ['\n## Not measured\n\n']),
    ...findings.failures.map(
      ({ round, contender, scenario, error }) => `- round ${round}, ${scenario}, ${contender}: ${error}\n`,
    ),
  ].join('');
}
