import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workspace } from '../../src/workspaces.ts';
import { importedPackages } from '../readme-example.ts';

/** The example of a package's README. */
export function readExample({ folder }: Workspace): string {
  return readFileSync(join(folder, 'examples/readme.ts'), 'utf8');
}

/**
 * What a user installs besides a package to run all of it: its peers, and what its example imports. By name, in the
 * version that the package is tested with.
 */
export function besides(workspace: Workspace): Readonly<Record<string, string>> {
  const { name: own, dependencies = {}, peerDependencies = {}, devDependencies = {} } = workspace.manifest;
  const imported = importedPackages(readExample(workspace)).filter((name) => name !== own && !(name in dependencies));
  return Object.fromEntries(
    [...new Set([...imported, ...Object.keys(peerDependencies)])].map((name) => {
      const version = devDependencies[name];
      if (version === undefined) throw new Error(`${name} is no devDependency of ${own}.`);
      return [name, version];
    }),
  );
}

/** Other versions of its peers that a package is tested with, each as npm takes it: `undici@7.30.2`. */
export function otherPeers({ manifest }: Workspace): ReadonlyMap<string, string> {
  const aliases = Object.entries(manifest.devDependencies ?? {}).filter(([, version]) => version.startsWith('npm:'));
  return new Map(aliases.map(([alias, version]) => [alias, version.slice('npm:'.length)]));
}
