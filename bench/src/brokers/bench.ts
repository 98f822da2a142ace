import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeRun, load } from '../machine.ts';
import type { BenchOptions } from '../options.ts';
import type { Findings } from '../run.ts';
import { measureIdle } from './idle.ts';
import { measureRates, type RatePlan } from './rates.ts';
import { type BrokerFindings, renderBrokerReport } from './report.ts';
import { type BrokerScenario, brokerScenarios } from './scenarios.ts';
import { measureStartUp } from './start-up.ts';
import { EMBEDDED, type SubjectKind, subjectKinds } from './subject.ts';

/** What is measured besides scenarios. */
const START_UP = 'start-up';
const IDLE = 'memory';

/** `npm run bench -- broker`: @leveret/broker and RabbitMQ side by side. */
export async function benchBroker(options: BenchOptions, signal: AbortSignal): Promise<void> {
  const { only, quick } = options;
  refuseUnknown(only);
  const named = only.filter((name) => !subjectKinds.some((kind) => kind.name === name));
  const isWanted = (name: string): boolean => named.length === 0 || named.includes(name);
  const chosenKinds = subjectKinds.filter(({ name }) => only.includes(name));
  const kinds = chosenKinds.length === 0 ? subjectKinds : chosenKinds;
  const scenarios = brokerScenarios.filter(({ name }) => isWanted(name));
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const loadBefore = load();

  // Starts and memory first: in a process that has not worked yet, and beside nothing else.
  const startUp = isWanted(START_UP)
    ? await measureStartUp({ kinds, times: quick ? 5 : 30, timesSlow: quick ? 1 : 3, progress })
    : undefined;
  const idle = isWanted(IDLE) ? await measureIdle(kinds, quick ? 100 : 1_000, progress) : undefined;
  const rates = await measureRatesOf(kinds, scenarios, options, progress, signal);
  const findings: BrokerFindings = { rates, startUp, idle };
  process.stdout.write(renderBrokerReport(findings, kinds, scenarios, describeRun(options, loadBefore)));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(findings, null, 1)}\n`);
  if (signal.aborted || findings.rates.failures.length > 0) process.exitCode = 1;
}

async function measureRatesOf(
  kinds: readonly SubjectKind[],
  scenarios: readonly BrokerScenario[],
  { quick, rounds, profile }: BenchOptions,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<Findings> {
  await using stack = new AsyncDisposableStack();
  const subjects: RatePlan['subjects'][number][] = [];
  for (const kind of kinds) {
    if (scenarios.length === 0 || signal.aborted) return { samples: [], failures: [] };
    progress(`start: ${kind.name}`);
    subjects.push({ kind, subject: stack.use(await kind.start(profiler(kind.name, profile))) });
  }
  const pace = { durationMs: quick ? 400 : 1_000, warmUpMs: quick ? 1_000 : 5_000 };
  return await measureRates({ subjects, scenarios, rounds, ...pace, progress, signal });
}

function refuseUnknown(only: readonly string[]): void {
  const names = [...subjectKinds, ...brokerScenarios].map(({ name }) => name).concat(START_UP, IDLE);
  for (const name of only) {
    if (!names.includes(name)) throw new Error(`--only: there is no '${name}'. There are ${names.join(', ')}.`);
  }
}

function profiler(name: string, folder: string | undefined): readonly string[] {
  if (folder === undefined || name !== EMBEDDED) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${resolve(folder)}/broker`];
}
