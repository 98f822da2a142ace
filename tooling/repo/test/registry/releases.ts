import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PlannedRelease, type Publishing, packReleases, publishReleases } from '../../src/release/publishing.ts';
import { listPublished, type Manifest } from '../../src/workspaces.ts';
import { copyRepository, type RepositoryCopy } from '../repository-copy.ts';
import type { Registry } from './registry.ts';

/** A copy of the repository, built as this one, whose releases go to a registry for tests. */
export interface Releases {
  readonly copy: RepositoryCopy;
  /** What the copy's published packages are now, by name. */
  manifests(): ReadonlyMap<string, Manifest>;
  /** Writes a changeset that gives one package a new version. */
  addChangeset(name: string, level: 'patch' | 'minor' | 'major', text: string): void;
  /** `npm run version`, a commit, and `npm run release -- --publish`, but for the build and the checks of the latter. */
  release(): Promise<readonly PlannedRelease[]>;
  /** Where the tarballs of the last release are; their paths are relative to it. */
  readonly folder: string;
}

/** Copies what a release is made of. The packages must have been built. */
export async function prepareReleases(registry: Registry, below: string): Promise<Releases> {
  const copy = await copyRepository(below, ['dist', 'README.md', 'LICENSE']);
  const folder = join(below, 'release');
  const publishing: Publishing = {
    folder,
    tag: 'latest',
    async run(command, env) {
      await copy.run(command, { ...registry.environment, ...env });
    },
  };
  return {
    copy,
    folder,
    manifests: () => new Map(listPublished(copy.root).map(({ manifest }) => [manifest.name, manifest])),
    addChangeset(name, level, text) {
      writeFileSync(join(copy.root, '.changeset/for-a-test.md'), `---\n'${name}': ${level}\n---\n\n${text}\n`);
    },
    async release() {
      await copy.run(['changeset', 'version']);
      await copy.git('add', '--all', ':!node_modules');
      await copy.git('commit', '--quiet', '--allow-empty', '--message=Release');
      const released = await packReleases(publishing);
      await publishReleases(publishing, {});
      return released;
    },
  };
}
