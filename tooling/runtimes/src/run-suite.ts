import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '@leveret/tooling-rabbitmq';
import { cacheFolder } from './folders.ts';
import { judge, onlyNamed, type Verdict, type VitestReport } from './judge.ts';
import { knownDifferences } from './known.ts';
import { type Runtime, vitest } from './runtimes.ts';
import { type Suite, suiteFolder } from './suites.ts';

const limitMs = 900_000;

/**
 * Runs a suite on an installed runtime. What hangs, or ends without a report, is a failure.
 *
 * @param env is added to the environment of the tests.
 */
export async function runSuite(runtime: Runtime, suite: Suite, env: NodeJS.ProcessEnv): Promise<Verdict> {
  const folder = suiteFolder(suite);
  const results = join(cacheFolder, 'results');
  const file = join(results, `${runtime.name}-${suite.name}.json`);
  mkdirSync(results, { recursive: true });
  rmSync(file, { force: true });
  const [program = '', ...start] = suite.outside ? [process.execPath, vitest] : runtime.command;
  const picked = [
    ...(suite.projects ?? []).map((project) => `--project=${project}`),
    ...(suite.exclude ?? []).map((pattern) => `--exclude=${pattern}`),
    ...(suite.outside ? testsOfUsers(runtime) : (runtime.options ?? [])),
  ];
  const args = [...start, 'run', `--root=${folder}`, ...picked];
  const { status, stdout, stderr } = await runProgram(
    program,
    [...args, '--reporter=json', `--outputFile.json=${file}`],
    {
      env: {
        ...process.env,
        ...env,
        ...(suite.outside ? { LEVERET_RUNTIME: asUserHasIt(runtime) } : {}),
        DENO_DIR: join(cacheFolder, 'deno-dir'),
        DENO_NO_UPDATE_CHECK: '1',
      },
      timeoutMs: limitMs,
    },
  );
  const output = `${stdout}\n${stderr}`;
  if (!existsSync(file)) {
    const lastLines = output.trim().split('\n').slice(-15).join('\n');
    const failures = [`vitest ended with ${status ?? 'a signal'} and no report:\n${lastLines}`];
    return { runtime: runtime.name, suite: suite.name, passed: 0, failures, leftOut: [] };
  }
  const whole = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  const report = suite.outside ? onlyNamed(whole, nameInTests(runtime)) : whole;
  const verdict = judge(runtime.name, suite, folder, report, knownDifferences);
  return { ...verdict, failures: [...verdict.failures, ...besidesTests(verdict, status, output)] };
}

/** The tests of `tooling/repo` that run programs on a runtime, and of these the ones with its name. */
function testsOfUsers(runtime: Runtime): readonly string[] {
  return [
    'test/registry',
    ...(runtime.title === 'Node.js' ? ['test/broker-command'] : []),
    `--testNamePattern=${nameInTests(runtime)}`,
  ];
}

/** What their names have. */
function nameInTests({ name }: Runtime): string {
  return ` on ${name} `;
}

/** For `tooling/repo/test/runtimes.ts`. */
function asUserHasIt({ name, title, program }: Runtime): string {
  return JSON.stringify({ name, command: program, node: title === 'Node.js' });
}

/** What the report does not tell: errors that no test caught, and an exit code that no test explains. */
function besidesTests(verdict: Verdict, status: number | null, output: string): readonly string[] {
  const unhandled = /Vitest caught (\d+) unhandled errors?/.exec(output);
  if (unhandled !== null) return [`${unhandled[0]}:\n${output.slice(unhandled.index, unhandled.index + 2_000)}`];
  if (verdict.passed === 0) return ['no test passed'];
  const explained = verdict.failures.length + verdict.leftOut.length > 0;
  return status === 0 || explained ? [] : [`vitest ended with ${status ?? 'a signal'}, and no test has failed`];
}
