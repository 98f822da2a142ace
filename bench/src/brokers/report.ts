import type { Circumstances } from '../report.ts';
import type { Findings } from '../run.ts';
import { number, Results, table, withRatio } from '../tables.ts';
import type { Idle } from './idle.ts';
import type { BrokerScenario } from './scenarios.ts';
import type { StartUp } from './start-up.ts';
import { EMBEDDED, RABBITMQ, type SubjectKind } from './subject.ts';

/** Everything that was found. What was not asked for is undefined. */
export interface BrokerFindings {
  readonly rates: Findings;
  readonly startUp: StartUp | undefined;
  readonly idle: Idle | undefined;
}

/** The report as Markdown. */
export function renderBrokerReport(
  { rates, startUp, idle }: BrokerFindings,
  kinds: readonly SubjectKind[],
  scenarios: readonly BrokerScenario[],
  { date, command, node, machine, loads, options }: Circumstances,
): string {
  const failed = rates.samples.reduce((sum, { figures }) => sum + (figures['failed'] ?? 0), 0);
  return [
    `# ${date}, @leveret/broker\n\n`,
    `\`${command}\`: ${options.rounds} interleaved rounds, medians; a ratio is the median of the ratios of the rounds.`,
    options.quick ? ' A quick look: nothing to quote.' : '',
    options.profile === undefined ? '' : ' With a profiler running: nothing to quote.',
    '\n\n',
    `- Node ${node}; the client is amqplib with noDelay, confirms on, one process; for RPC it is @leveret/rpc, two processes\n`,
    `- ${machine}, which clients and brokers share\n`,
    `- load average ${loads[0]} before the run, ${loads[1]} at its end\n`,
    `- failed operations in all measurements: ${failed}\n\n`,
    renderRates(new Results(rates), kinds, scenarios),
    startUp === undefined ? '' : renderStartUp(startUp, kinds),
    idle === undefined ? '' : renderIdle(idle),
    '## Who they are\n\n',
    ...kinds.map(({ label, note }) => `- **${label}**: ${note}\n`),
    ...(rates.failures.length === 0 ? [] : ['\n## Not measured\n\n']),
    ...rates.failures.map(
      ({ round, contender, scenario, error }) => `- round ${round}, ${scenario}, ${contender}: ${error}\n`,
    ),
  ].join('');
}

function renderRates(results: Results, kinds: readonly SubjectKind[], scenarios: readonly BrokerScenario[]): string {
  const rates = (title: string, shown: readonly BrokerScenario[]): string =>
    table(
      `${title} (ratio to RabbitMQ)`,
      ['', ...shown.map((scenario) => scenario.title)],
      kinds.map(({ name, label }) => [
        label,
        ...shown.map((scenario) =>
          withRatio(
            results.median(name, scenario.name, 'perSecond'),
            results.ratio(name, RABBITMQ, scenario.name, 'perSecond'),
          ),
        ),
      ]),
    );
  const of = (group: BrokerScenario['group'], size: '' | '-64k'): readonly BrokerScenario[] =>
    scenarios.filter((scenario) => scenario.group === group && scenario.name.endsWith('-64k') === (size === '-64k'));
  return [
    rates('Publish to confirm, messages per second, 100 bytes', of('publish', '')),
    rates('Publish to confirm, messages per second, 64 kB', of('publish', '-64k')),
    rates('Publish to delivery and ack, messages per second, 100 bytes', of('deliver', '')),
    rates('Publish to delivery and ack, messages per second, 64 kB', of('deliver', '-64k')),
    rates('Calls per second through @leveret/rpc, 100 bytes', of('rpc', '')),
    details(results, kinds, scenarios),
  ].join('');
}

function details(results: Results, kinds: readonly SubjectKind[], scenarios: readonly BrokerScenario[]): string {
  const shown = scenarios.filter(({ name }) => name === 'deliver-1' || name === 'deliver-100');
  const columns = shown.flatMap(({ name, title }) => [
    { name, title: `p50 at ${title}, ms`, figure: 'p50Ms', digits: 2 },
    { name, title: `p99 at ${title}, ms`, figure: 'p99Ms', digits: 2 },
    { name, title: `CPU of the broker a message at ${title}, µs`, figure: 'brokerCpuUs', digits: 0 },
  ]);
  return table(
    'Publish to delivery and ack, 100 bytes, in detail',
    ['', ...columns.map(({ title }) => title)],
    kinds.map(({ name, label }) => [
      label,
      ...columns.map((column) => number(results.median(name, column.name, column.figure), column.digits)),
    ]),
  );
}

function renderStartUp(startUp: StartUp, kinds: readonly SubjectKind[]): string {
  const { times } = startUp;
  const rows = [
    ['`startBroker()` in a process that has run some', number(startUp.againMs, 2), String(times.again)],
    ['the first `startBroker()` of a process', number(startUp.firstMs, 1), String(times.fresh)],
    ['`import` of @leveret/broker', number(startUp.importMs, 1), String(times.fresh)],
    ...kinds.map(({ name, label }) => [
      `${name === EMBEDDED ? 'the command line' : label}, until it can be dialled`,
      number(startUp.processes.get(name) ?? Number.NaN, 0),
      String(times.processes.get(name) ?? 0),
    ]),
  ];
  return table('Start-up', ['', 'ms, median', 'of how many'], rows);
}

function renderIdle({ embedded, embeddedConnections, rabbitmq, connections }: Idle): string {
  const rows = [
    [
      '@leveret/broker: what it adds to its process (of that, heap)',
      `${number(embedded.rssMb, 1)} (${number(embedded.heapMb, 1)})`,
      `${number(embeddedConnections.rssMb, 1)} (${number(embeddedConnections.heapMb, 1)})`,
    ],
    [
      'RabbitMQ: its process',
      number(rabbitmq?.rssMb ?? Number.NaN, 1),
      number(rabbitmq?.connectionsMb ?? Number.NaN, 1),
    ],
  ];
  const each = `and for ${connections.toLocaleString('en-US')} idle connections, each with a channel and a queue`;
  return table('Resident memory when idle, MB', ['', 'started', each], rows);
}
