// `npm test`: every check of the repository, one after the other, and at the end the sum of what the test runners
// reported. `--stage=NAME` (repeatable) picks stages, further words pick packages: `--stage=unit url retry`.

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { runStage, type Selection, type StageResult } from './run-stage.ts';
import { type Stage, stages } from './stages.ts';
import { formatSummary, totalTally } from './summary.ts';
import { listWorkspaces, repositoryRoot, type Workspace } from './workspaces.ts';

class UsageError extends Error {}

function pickStages(names: readonly string[]): readonly Stage[] {
  const unknown = names.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    throw new UsageError(
      `no stage is called ${unknown.join(', ')}; there are ${stages.map(({ name }) => name).join(', ')}`,
    );
  }
  return names.length === 0 ? stages : stages.filter(({ name }) => names.includes(name));
}

function pickPackages(words: readonly string[], workspaces: readonly Workspace[]): Selection {
  if (words.length === 0) return undefined;
  const picked = words.map((word) => {
    const found = workspaces.find(({ folder, manifest }) => word === manifest.name || word === basename(folder));
    if (found !== undefined) return found.manifest.name;
    throw new UsageError(
      `no package is called ${word}; there are ${workspaces.map(({ folder }) => basename(folder)).join(', ')}`,
    );
  });
  return new Set(picked);
}

function childEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: [join(repositoryRoot, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
  };
  // turbo's hash knows nothing of Node, so a test that passed on one version would count as passed on all of them. It
  // is the Node on this PATH that runs the tests, not always the one that runs this file.
  const ask = "[process.version, process.platform, process.arch].join(' ')";
  env['LEVERET_NODE_VERSION'] = execFileSync('node', ['-p', ask], { env, encoding: 'utf8' }).trim();
  return env;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { stage: { type: 'string', multiple: true, default: [] } },
  });
  const workspaces = listWorkspaces();
  const picked = pickStages(values.stage);
  const selection = pickPackages(positionals, workspaces);
  // A report of an earlier run must never be counted.
  for (const { folder } of workspaces) rmSync(join(folder, '.results'), { recursive: true, force: true });

  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupted.abort());
  const print = (text: string): void => {
    process.stdout.write(text);
  };
  const options = { cwd: repositoryRoot, env: childEnvironment(), signal: interrupted.signal, print };

  const results: StageResult[] = [];
  for (const stage of picked) {
    print(`\n== ${stage.name}\n`);
    results.push(await runStage(stage, workspaces, selection, options));
    if (interrupted.signal.aborted) break;
  }
  print(`\n${formatSummary(results)}\n`);
  const { passed, failed } = totalTally(results);
  const counted = picked.some(({ report }) => report !== undefined);
  return failed > 0 || (counted && passed === 0) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof UsageError ? `npm test: ${error.message}` : error);
  process.exitCode = 2;
}
