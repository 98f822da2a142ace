import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listPublished, listWorkspaces, repositoryRoot } from '../src/workspaces.ts';
import { userEnvironment } from './tarball.ts';

const run = promisify(execFile);
let root: string;

/** It says what is wrong on stdout, which an error of execFile leaves out of its message. */
function changeset(command: string): Promise<string> {
  const program = join(repositoryRoot, 'node_modules/.bin/changeset');
  return new Promise((resolve, reject) => {
    execFile(program, [command], { cwd: root, env: userEnvironment() }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`changeset ${command} failed: ${stdout}${stderr}`, { cause: error }));
    });
  });
}

async function git(...args: readonly string[]): Promise<void> {
  const identity = ['-c', 'user.name=release', '-c', 'user.email=release@localhost', '-c', 'commit.gpgsign=false'];
  await run('git', [...identity, ...args], { cwd: root });
}

/** A repository in which a release may be tried: the changesets, every package.json and the lock, in one commit. */
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'leveret-release-'));
  const folders = listWorkspaces().map(({ folder }) => relative(repositoryRoot, folder));
  const files = ['', ...folders].flatMap((folder) =>
    ['package.json', 'CHANGELOG.md'].map((file) => join(folder, file)),
  );
  for (const file of ['.changeset', '.gitignore', 'package-lock.json', ...files]) {
    if (existsSync(join(repositoryRoot, file))) {
      cpSync(join(repositoryRoot, file), join(root, file), { recursive: true });
    }
  }
  symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all', ':!node_modules');
  await git('commit', '--quiet', '--message=As it is');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a release', () => {
  it('is understood: every changeset names packages that exist', async () => {
    expect(await changeset('status')).toMatch(/packages to be bumped/i);
  });

  it('gives every package a version and a changelog, and leaves carets between our packages', async () => {
    await changeset('version');
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
    const { stdout } = await run('git', ['rev-parse', '--short=7', 'HEAD'], { cwd: root });
    const changelog = readFileSync(join(root, 'packages/url/CHANGELOG.md'), 'utf8');
    expect(changelog).toMatch(/^# @leveret\/url\n\n## 0\.\d+\.0\n/);
    expect(changelog).toContain(stdout.trim());
  });

  it('gives the private packages neither', () => {
    const touched = listWorkspaces(root).filter(
      ({ folder, manifest }) =>
        manifest.private === true && (manifest.version !== '0.0.0' || existsSync(join(folder, 'CHANGELOG.md'))),
    );
    expect(touched.map(({ manifest }) => manifest.name)).toEqual([]);
  });
});
