// `npm run test:runtimes`: the suites of the packages on every runtime. Words pick runtimes, packages and suites:
// `npm run test:runtimes -- bun deno url`. A run of everything, or one with `--save`, writes what it found.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runProgram, startRabbitmq } from '@leveret/tooling-rabbitmq';
import { writeDocuments } from './documents.ts';
import { repositoryRoot } from './folders.ts';
import { installRuntime } from './install.ts';
import { mergeResults, type Result, readResults, toResult, writeResults } from './results.ts';
import { runSuite } from './run-suite.ts';
import { type Runtime, runtimes } from './runtimes.ts';
import { type Suite, suites } from './suites.ts';
import { formatCell } from './table.ts';

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals: words } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { save: { type: 'boolean', default: false } },
  });
  const names = new Set(
    [...runtimes, ...suites].flatMap((one) => [one.name, ...('package' in one ? [one.package] : [])]),
  );
  const unknown = words.filter((word) => !names.has(word));
  if (unknown.length > 0) {
    console.error(`test:runtimes: ${unknown.join(', ')} is unknown; there are ${[...names].join(', ')}`);
    return 2;
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.error('test:runtimes: what it downloads is for Linux x64');
    return 2;
  }
  const pickedRuntimes = runtimes.filter(({ name }) => words.includes(name));
  const pickedSuites = suites.filter((suite) => words.includes(suite.name) || words.includes(suite.package));
  const onRuntimes = pickedRuntimes.length === 0 ? runtimes : pickedRuntimes;
  const ofSuites = pickedSuites.length === 0 ? suites : pickedSuites;

  const results = await runAll(onRuntimes, ofSuites);
  if (values.save || words.length === 0) save(results);
  const sum = (of: (result: Result) => number): number => results.reduce((total, one) => total + of(one), 0);
  const failed = sum((result) => result.failed);
  console.log(`${sum(({ passed }) => passed)} passed, ${failed} failed`);
  return failed === 0 && results.length > 0 ? 0 : 1;
}

async function runAll(onRuntimes: readonly Runtime[], ofSuites: readonly Suite[]): Promise<readonly Result[]> {
  const date = new Date().toISOString().slice(0, 10);
  const jobs = onRuntimes.flatMap((runtime) =>
    ofSuites
      .filter((suite) => runtime.browser === undefined || suite.browser !== undefined)
      .map((suite) => ({ runtime, suite })),
  );
  if (jobs.some(({ suite }) => suite.built !== undefined)) await build();
  // One for all, and handed over as vitest's global setup does, which then starts none.
  await using broker = jobs.some(({ suite }) => suite.rabbitmq !== undefined) ? await startRabbitmq() : undefined;
  const env = broker === undefined ? {} : { LEVERET_TOOLING_RABBITMQ: JSON.stringify(broker.coordinates) };
  const results: Result[] = [];
  for (const { runtime, suite } of jobs) {
    const version = await installRuntime(runtime);
    const verdict = await runSuite(runtime, suite, suite.rabbitmq === undefined ? {} : env);
    for (const failure of verdict.failures) console.log(`FAILED ${runtime.name} ${suite.name}: ${failure}`);
    const result = toResult(verdict, version, date);
    results.push(result);
    console.log(`${runtime.name} ${suite.name}: ${formatCell([result])}`);
    for (const { file, tests, reason } of result.leftOut) {
      console.log(`  left out of ${file}: ${tests ?? 'the whole file'} (${reason})`);
    }
  }
  return results;
}

async function build(): Promise<void> {
  const { status, stdout, stderr } = await runProgram(join(repositoryRoot, 'node_modules/.bin/turbo'), [
    'run',
    'build',
    '--filter=./packages/*',
    '--output-logs=errors-only',
    `--cwd=${repositoryRoot}`,
  ]);
  if (status !== 0) throw new Error(`The packages could not be built:\n${stdout}\n${stderr}`);
}

function save(results: readonly Result[]): void {
  const all = mergeResults(readResults(), results);
  writeResults(all);
  for (const { path, text } of writeDocuments(all)) writeFileSync(join(repositoryRoot, path), text);
}

process.exitCode = await main(process.argv.slice(2));
