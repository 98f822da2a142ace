// `npm run test:runtimes`: the unit suites of the leaves on every runtime. Words pick runtimes and leaves:
// `npm run test:runtimes -- bun deno url`. A run of everything writes docs/runtimes.md.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { leaves, repositoryRoot } from './folders.ts';
import { installRuntime } from './install.ts';
import type { Verdict } from './judge.ts';
import { formatPage } from './page.ts';
import { runSuite } from './run-suite.ts';
import { runtimes } from './runtimes.ts';
import { type Column, formatLeftOut, formatTable } from './table.ts';

async function main(words: readonly string[]): Promise<number> {
  const names = [...runtimes.map(({ name }) => name), ...leaves];
  const unknown = words.filter((word) => !names.includes(word));
  if (unknown.length > 0) {
    console.error(`test:runtimes: ${unknown.join(', ')} is unknown; there are ${names.join(', ')}`);
    return 2;
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.error('test:runtimes: what it downloads is for Linux x64');
    return 2;
  }
  const pickedRuntimes = runtimes.filter(({ name }) => words.includes(name));
  const pickedLeaves = leaves.filter((leaf) => words.includes(leaf));
  const onRuntimes = pickedRuntimes.length === 0 ? runtimes : pickedRuntimes;
  const ofLeaves = pickedLeaves.length === 0 ? leaves : pickedLeaves;

  const columns: Column[] = [];
  const verdicts: Verdict[] = [];
  for (const runtime of onRuntimes) {
    columns.push({ name: runtime.name, version: await installRuntime(runtime) });
    for (const leaf of ofLeaves) {
      const verdict = await runSuite(runtime, leaf);
      verdicts.push(verdict);
      for (const failure of verdict.failures) console.log(`FAILED ${runtime.name} ${leaf}: ${failure}`);
      console.log(`${runtime.name} ${leaf}: ${verdict.passed} passed, ${verdict.failures.length} failed`);
    }
  }
  const table = formatTable(columns, ofLeaves, verdicts);
  const leftOut = formatLeftOut(verdicts);
  console.log(`\n${table}\n\n${leftOut}\n`);
  const sum = (of: (verdict: Verdict) => number): number => verdicts.reduce((total, one) => total + of(one), 0);
  const failed = sum(({ failures }) => failures.length);
  if (words.length === 0) {
    const page = formatPage(new Date().toISOString().slice(0, 10), table, leftOut);
    writeFileSync(join(repositoryRoot, 'docs/runtimes.md'), page);
  }
  console.log(`${sum(({ passed }) => passed)} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
