import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { removeBuilds } from '../src/release/remove-builds.ts';
import { listPublished, repositoryRoot } from '../src/workspaces.ts';
import { pack, type Tarball } from './tarball.ts';

const run = promisify(execFile);

/** Builds all published packages into empty folders. */
export async function buildAll(): Promise<void> {
  removeBuilds(listPublished());
  const turbo = join(repositoryRoot, 'node_modules/.bin/turbo');
  await run(turbo, ['run', 'build', '--filter=./packages/*'], { cwd: repositoryRoot });
}

/** Builds all published packages as above, and packs them below the given folder; by name. */
export async function packAll(below: string): Promise<ReadonlyMap<string, Tarball>> {
  await buildAll();
  const tarballs = await Promise.all(listPublished().map((workspace) => pack(workspace, below)));
  return new Map(tarballs.map((tarball) => [tarball.workspace.manifest.name, tarball]));
}

/**
 * Makes a folder below the given one with these tarballs in its `node_modules`, and beside them what they take from
 * others, peers too, as it is installed in the repository: no npm, no network. Returns the folder.
 */
export async function unpackAll(tarballs: Iterable<Tarball>, below: string): Promise<string> {
  const project = mkdtempSync(join(below, 'unpacked-'));
  const modules = join(project, 'node_modules');
  const ours = [...tarballs];
  await Promise.all(
    ours.map(async ({ file, workspace: { manifest } }) => {
      const folder = join(modules, manifest.name);
      mkdirSync(folder, { recursive: true });
      await run('tar', ['-xzf', file, '-C', folder, '--strip-components=1']);
    }),
  );
  const others = new Map<string, string>();
  for (const { workspace } of ours) {
    const { dependencies, peerDependencies } = workspace.manifest;
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
      if (ours.every(({ workspace: { manifest } }) => manifest.name !== name)) others.set(name, workspace.folder);
    }
  }
  for (const [name, from] of others) {
    const manifest = findPackageJSON(name, join(from, 'package.json'));
    if (manifest === undefined) throw new Error(`${name} is not installed: run npm ci`);
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(dirname(manifest), join(modules, name));
  }
  return project;
}
