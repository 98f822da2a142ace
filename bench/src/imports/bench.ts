import { rmSync, writeFileSync } from 'node:fs';
import { describeRun, load } from '../machine.ts';
import type { BenchOptions } from '../options.ts';
import { allLoaded, NOTHING } from './contenders.ts';
import { installCopies } from './installed.ts';
import { type ImportCost, measureImport, writeProgram } from './measure.ts';
import { renderImportReport } from './report.ts';

/** `npm run bench -- imports`: what it costs to load our packages and others. Interrupted, it reports the rounds that were whole. */
export async function benchImports(options: BenchOptions, signal: AbortSignal): Promise<void> {
  const names = allLoaded.map(({ specifier }) => specifier);
  for (const name of options.only) {
    if (!names.includes(name)) throw new Error(`--only: there is no '${name}'. There are ${names.join(', ')}.`);
  }
  const chosen = allLoaded.filter(({ specifier }) => options.only.length === 0 || options.only.includes(specifier));
  const specifiers = [NOTHING, ...chosen.map(({ specifier }) => specifier)];
  const loadBefore = load();
  const folder = installCopies(specifiers.slice(1));
  const findings = new Map<string, ImportCost[]>(specifiers.map((specifier) => [specifier, []]));
  try {
    const program = writeProgram(folder);
    // The first round brings the files into the system's cache, and counts for nothing.
    for (let round = 0; round <= options.rounds; round += 1) {
      const costs = await measureRound(program, specifiers, signal);
      if (costs === undefined) break;
      if (round > 0) for (const [specifier, cost] of costs) findings.get(specifier)?.push(cost);
      process.stderr.write(`round ${round} of ${options.rounds}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(renderImportReport(findings, chosen, describeRun(options, loadBefore)));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify([...findings], null, 1)}\n`);
  if (signal.aborted) process.exitCode = 1;
}

/** Everything once, in another order each time. Undefined when the signal has aborted. */
async function measureRound(
  program: string,
  specifiers: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ImportCost> | undefined> {
  const order = specifiers.map((specifier) => ({ specifier, at: Math.random() })).sort((a, b) => a.at - b.at);
  const costs = new Map<string, ImportCost>();
  try {
    for (const { specifier } of order) costs.set(specifier, await measureImport(program, specifier, signal));
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
  return costs;
}
