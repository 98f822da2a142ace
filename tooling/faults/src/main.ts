// `npm run test:faults`: breaks brokers and networks under load, prints what was measured beside the goals, and ends with
// 1 when a goal is missed. `--long`: five rounds of everything, and more of it; the table goes to results/ too.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ClientName, clients } from './clients.ts';
import { formatFigure } from './figure.ts';
import { runScenario, type ScenarioResult, shortFormTries } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios/index.ts';
import { openStage } from './stage.ts';
import { formatTable } from './table.ts';

class UsageError extends Error {}

function pick<Item>(what: string, all: ReadonlyMap<string, Item>, names: readonly string[]): readonly Item[] {
  return names.map((name) => {
    const found = all.get(name);
    if (found !== undefined) return found;
    throw new UsageError(`no ${what} is called ${name}; there are ${[...all.keys()].join(', ')}`);
  });
}

function readCommandLine() {
  const { values } = parseArgs({
    options: {
      long: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string' },
      client: { type: 'string', default: 'leveret' },
    },
  });
  const rounds = Number(values.rounds ?? (values.long ? 5 : 1));
  if (!Number.isInteger(rounds) || rounds < 1) throw new UsageError(`--rounds takes a whole number from 1 on`);
  const byName = new Map(scenarios.map((scenario): [string, Scenario] => [scenario.name, scenario]));
  const picked = values.only === undefined ? scenarios : pick('scenario', byName, values.only.split(','));
  const clientNames = new Map((Object.keys(clients) as ClientName[]).map((name) => [name, name]));
  const [client = 'leveret'] = pick('client', clientNames, [values.client]);
  return { long: values.long, rounds, picked, client, complete: values.only === undefined };
}

function describeRun(client: string, rounds: number): string {
  const cores = cpus();
  const machine = `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown processor'}, ${process.platform} ${process.arch}`;
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `${client}, ${rounds === 1 ? 'one round' : `the worst of ${rounds} rounds`}, Node ${process.version}, ${machine}, load average ${load} before the run.`;
}

async function main(): Promise<number> {
  const { long, rounds, picked, client, complete } = readCommandLine();
  const description = describeRun(client, rounds);
  const results: ScenarioResult[] = [];
  const problems: string[] = [];
  await using stage = openStage();
  for (const scenario of picked) {
    try {
      const result = await runScenario(scenario, stage, { client, long, rounds, tries: long ? 1 : shortFormTries });
      results.push(result);
      const seconds = result.seconds.toFixed(1);
      process.stderr.write(`${scenario.name} (${seconds} s): ${result.figures.map(formatFigure).join(', ')}\n`);
    } catch (error) {
      problems.push(
        `${scenario.name} could not be measured: ${error instanceof Error ? error.message : String(error)}`,
      );
      process.stderr.write(`${problems.at(-1)}\n`);
    }
  }
  const text = [description, formatTable(results), ...problems].join('\n\n');
  process.stdout.write(`${text}\n`);
  if (long && complete && problems.length === 0) {
    const folder = join(import.meta.dirname, '..', 'results');
    mkdirSync(folder, { recursive: true });
    const name = `${new Date().toISOString().slice(0, 10)}${client === 'leveret' ? '' : `-${client}`}.md`;
    writeFileSync(join(folder, name), `# Faults, ${name.slice(0, -3)}\n\n${text}\n`);
  }
  return problems.length === 0 && results.every(({ met }) => met) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof UsageError ? `npm run test:faults: ${error.message}` : error);
  process.exitCode = 2;
}
