import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { openBroker } from './broker.ts';
import { benchBroker } from './brokers/bench.ts';
import { allContenders } from './contenders.ts';
import { benchImports } from './imports/bench.ts';
import { describeRun, load } from './machine.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { renderReport } from './report.ts';
import { run } from './run.ts';
import { type Pace, scenarios } from './scenarios.ts';

const FULL: Pace = { durationMs: 1_000, warmUpMs: 6_000, setUps: 5 };
const QUICK: Pace = { durationMs: 500, warmUpMs: 2_000, setUps: 3 };

/** Those whose names were asked for; all, if none of them was. */
function chosen<T extends { readonly name: string }>(all: readonly T[], only: readonly string[]): readonly T[] {
  const some = all.filter(({ name }) => only.includes(name));
  return some.length === 0 ? all : some;
}

/** `publish` stands for all scenarios whose names go on from there: `publish-1`, `publish-10` and so on. */
function spelledOut(only: readonly string[]): readonly string[] {
  return only.flatMap((asked) => {
    const group = scenarios.filter(({ name }) => name.startsWith(`${asked}-`)).map(({ name }) => name);
    return scenarios.some(({ name }) => name === asked) || group.length === 0 ? [asked] : group;
  });
}

async function benchLibraries(options: BenchOptions, end: AbortSignal): Promise<void> {
  const profiles = options.profile === undefined ? undefined : resolve(options.profile);
  const only = spelledOut(options.only);
  for (const name of only) {
    if (![...allContenders, ...scenarios].some((one) => one.name === name)) {
      const names = (all: readonly { readonly name: string }[]): string => all.map((one) => one.name).join(', ');
      throw new Error(
        `--only: there is no '${name}'. Contenders: ${names(allContenders)}. Scenarios: ${names(scenarios)}.`,
      );
    }
  }
  const contenders = chosen(allContenders, only);
  const wanted = chosen(scenarios, only);
  const loadBefore = load();
  await using broker = await openBroker();
  if (profiles !== undefined) mkdirSync(profiles, { recursive: true });
  const findings = await run({
    broker,
    contenders,
    scenarios: wanted,
    rounds: options.rounds,
    pace: options.quick ? QUICK : FULL,
    progress: (line) => process.stderr.write(`${line}\n`),
    signal: end,
    profiles,
  });
  const report = renderReport(findings, contenders, wanted, broker, describeRun(options, loadBefore));
  process.stdout.write(report);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(findings, null, 1)}\n`);
  if (end.aborted || findings.samples.length === 0) process.exitCode = 1;
}

const benches = { libraries: benchLibraries, broker: benchBroker, imports: benchImports };

try {
  const options = parseOptions(process.argv.slice(2));
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end.abort());
  const bench = benches[options.subject];
  if (options.help) process.stdout.write(`${USAGE}\n`);
  else await bench(options, end.signal);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
