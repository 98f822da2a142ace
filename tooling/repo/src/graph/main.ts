// `npm run measure:graph`: how long turbo takes for the whole graph with an empty cache, with a full one, and after a
// change. Writes it into docs/decisions/0002-counting-and-caching-tests.md. The cache of the clone is left alone.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../run-command.ts';
import { repositoryRoot } from '../workspaces.ts';
import { formatTimes, type GraphRun, readGraphRun, withTimes } from './times.ts';

const page = join(repositoryRoot, 'docs/decisions/0002-counting-and-caching-tests.md');
const changed = [
  { name: 'after a change in the source of url', file: 'packages/url/src/index.ts' },
  { name: 'after a change in the source of rpc', file: 'packages/rpc/src/index.ts' },
  { name: 'after a change in a test of url', file: 'packages/url/src/parse.test.ts' },
];

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());

async function run(name: string, cache: string): Promise<GraphRun> {
  process.stderr.write(`measure:graph: ${name} …\n`);
  const tasks = ['build', 'typecheck', 'check:package', 'check:api', 'test'];
  const command = ['node_modules/.bin/turbo', 'run', ...tasks, `--cache-dir=${cache}`, '--output-logs=errors-only'];
  const { exitCode, seconds, tail } = await runCommand(command, {
    cwd: repositoryRoot,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
    signal: interrupted.signal,
    print: () => {},
  });
  if (exitCode !== 0) throw new Error(`turbo failed ${name}:\n${tail}`);
  return readGraphRun(name, seconds, tail);
}

async function afterChange({ name, file }: { name: string; file: string }, cache: string): Promise<GraphRun> {
  const path = join(repositoryRoot, file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, `${text}\n`);
  try {
    return await run(name, cache);
  } finally {
    writeFileSync(path, text);
  }
}

const cache = mkdtempSync(join(tmpdir(), 'leveret-graph-'));
try {
  const [load = 0] = loadavg();
  const runs = [await run('with an empty cache', cache), await run('again, nothing changed', cache)];
  for (const change of changed) runs.push(await afterChange(change, cache));
  const date = new Date().toISOString().slice(0, 10);
  const where = `Measured on ${date} by \`npm run measure:graph\`, on ${availableParallelism()} cores that had a load of ${load.toFixed(1)} before.`;
  const times = `${formatTimes(runs)}\n\n${where}`;
  writeFileSync(page, withTimes(readFileSync(page, 'utf8'), times));
  console.log(times);
} finally {
  rmSync(cache, { recursive: true, force: true });
}
