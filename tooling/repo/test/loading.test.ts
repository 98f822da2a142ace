import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { listPublished, repositoryRoot } from '../src/workspaces.ts';

const run = promisify(execFile);

beforeAll(async () => {
  const turbo = join(repositoryRoot, 'node_modules/.bin/turbo');
  await run(turbo, ['run', 'build', '--filter=./packages/*'], { cwd: repositoryRoot });
});

// What a program that uses none of it should not pay for. An import of node:util or node:fs loads all that these could
// ever need, which the last ones here are signs of. See docs/decisions/0023.
const notAtOnce = ['zlib', 'fs/promises', 'worker_threads', 'internal/util/parse_args/parse_args'];

it.each(
  listPublished()
    .map(({ manifest: { name } }) => name)
    .filter((name) => name !== '@leveret/broker'),
)('loading %s loads nothing of Node that is used later, if ever', async (name) => {
  const program = `await import(${JSON.stringify(name)}); console.log(process.moduleLoadList.join('\\n'));`;
  const args = ['--input-type=module', '--eval', program];
  const { stdout } = await run(process.execPath, args, { cwd: repositoryRoot, timeout: 20_000 });
  const loaded = new Set(stdout.split('\n').map((line) => line.replace('NativeModule ', '')));
  expect(loaded).toContain('url');
  expect(notAtOnce.filter((module) => loaded.has(module))).toEqual([]);
});
