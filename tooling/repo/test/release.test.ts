import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listPublished, listWorkspaces } from '../src/workspaces.ts';
import { copyRepository, type RepositoryCopy } from './repository-copy.ts';

let below: string;
let copy: RepositoryCopy;
let root: string;

beforeAll(async () => {
  below = mkdtempSync(join(tmpdir(), 'leveret-release-'));
  copy = await copyRepository(below);
  root = copy.root;
});
afterAll(() => rmSync(below, { recursive: true, force: true }));

describe('a release', () => {
  it('is understood: every changeset names packages that exist', async () => {
    expect(await copy.run(['changeset', 'status'])).toMatch(/packages to be bumped/i);
  });

  it('gives every package a version and a changelog, and leaves carets between our packages', async () => {
    await copy.run(['changeset', 'version']);
    const released = listPublished(root).map(({ folder, manifest }) => ({
      name: manifest.name,
      unreleased: manifest.version === '0.0.0',
      changelog: existsSync(join(folder, 'CHANGELOG.md')),
      exact: Object.entries(manifest.dependencies ?? {}).filter(
        ([name, range]) => name.startsWith('@leveret/') && !/^\^\d+\.\d+\.\d+$/.test(range),
      ),
    }));
    expect(released).toEqual(
      listPublished().map(({ manifest: { name } }) => ({ name, unreleased: false, changelog: true, exact: [] })),
    );
  });

  it('tells in the changelog what the changeset says, with the commit that brought it', async () => {
    const commit = await copy.git('rev-parse', '--short=7', 'HEAD');
    const changelog = readFileSync(join(root, 'packages/url/CHANGELOG.md'), 'utf8');
    expect(changelog).toMatch(/^# @leveret\/url\n\n## 0\.\d+\.0\n/);
    expect(changelog).toContain(commit);
  });

  it('gives the private packages neither', () => {
    const touched = listWorkspaces(root).filter(
      ({ folder, manifest }) =>
        manifest.private === true && (manifest.version !== '0.0.0' || existsSync(join(folder, 'CHANGELOG.md'))),
    );
    expect(touched.map(({ manifest }) => manifest.name)).toEqual([]);
  });
});
