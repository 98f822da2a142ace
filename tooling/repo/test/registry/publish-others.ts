import { execFile } from 'node:child_process';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { readLock, resolveLocked, runtimeClosure } from '../../src/supply/lock.ts';
import { listPublished, repositoryRoot } from '../../src/workspaces.ts';
import { besides, otherPeers } from './besides.ts';
import type { Registry } from './registry.ts';
import { twoAtATime } from './two-at-a-time.ts';

const run = promisify(execFile);

/**
 * Publishes what our packages need of others, peers and what their examples import too, as it is installed in the
 * repository: who has run `npm ci` needs no network for the rest.
 */
export async function publishOthers(registry: Registry, below: string): Promise<void> {
  const lock = readLock(repositoryRoot);
  const folders = new Set<string>();
  for (const workspace of listPublished()) {
    const from = relative(repositoryRoot, workspace.folder);
    const beside = [...Object.keys(besides(workspace)), ...otherPeers(workspace).keys()];
    for (const start of [from, ...beside.map((name) => resolveLocked(lock, from, name))]) {
      if (start === undefined) throw new Error(`package-lock.json lacks what ${from} is used with: run npm install`);
      for (const needed of runtimeClosure(lock, start).keys()) {
        if (needed.includes('node_modules/')) folders.add(needed);
      }
    }
  }
  const options = { cwd: below, env: registry.environment };
  const packing = ['pack', ...[...folders].map((folder) => join(repositoryRoot, folder)), '--json', '--ignore-scripts'];
  const { stdout } = await run('npm', packing, options);
  const packed = JSON.parse(stdout) as readonly { readonly filename: string }[];
  await twoAtATime(packed, async ({ filename }) => {
    // Not as the latest: npm refuses to give that tag to an older version than the one that has it.
    await run('npm', ['publish', filename, '--ignore-scripts', '--tag=installed'], options);
  });
}
