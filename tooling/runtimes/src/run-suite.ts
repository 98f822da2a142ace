import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '@leveret/tooling-rabbitmq';
import { cacheFolder, leafFolder } from './folders.ts';
import { judge, type Verdict, type VitestReport } from './judge.ts';
import { knownDifferences } from './known.ts';
import type { Runtime } from './runtimes.ts';

const limitMs = 300_000;

/** Runs the suite of a leaf on an installed runtime. What hangs, or ends without a report, is a failure. */
export async function runSuite(runtime: Runtime, leaf: string): Promise<Verdict> {
  const folder = leafFolder(leaf);
  const results = join(cacheFolder, 'results');
  const file = join(results, `${runtime.name}-${leaf}.json`);
  mkdirSync(results, { recursive: true });
  rmSync(file, { force: true });
  const [program = '', ...start] = runtime.command;
  const args = [...start, 'run', `--root=${folder}`, ...(runtime.options ?? [])];
  const { status, stdout, stderr } = await runProgram(
    program,
    [...args, '--reporter=json', `--outputFile.json=${file}`],
    { env: { ...process.env, DENO_DIR: join(cacheFolder, 'deno-dir'), DENO_NO_UPDATE_CHECK: '1' }, timeoutMs: limitMs },
  );
  const output = `${stdout}\n${stderr}`;
  if (!existsSync(file)) {
    const lastLines = output.trim().split('\n').slice(-15).join('\n');
    const failures = [`vitest ended with ${status ?? 'a signal'} and no report:\n${lastLines}`];
    return { runtime: runtime.name, leaf, passed: 0, failures, leftOut: [] };
  }
  const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  const verdict = judge(runtime.name, leaf, folder, report, knownDifferences);
  return { ...verdict, failures: [...verdict.failures, ...besidesTests(verdict, status, output)] };
}

/** What the report does not tell: errors that no test caught, and an exit code that no test explains. */
function besidesTests(verdict: Verdict, status: number | null, output: string): readonly string[] {
  const unhandled = /Vitest caught (\d+) unhandled errors?/.exec(output);
  if (unhandled !== null) return [`${unhandled[0]}:\n${output.slice(unhandled.index, unhandled.index + 2_000)}`];
  if (verdict.passed === 0) return ['no test passed'];
  const explained = verdict.failures.length + verdict.leftOut.length > 0;
  return status === 0 || explained ? [] : [`vitest ended with ${status ?? 'a signal'}, and no test has failed`];
}
