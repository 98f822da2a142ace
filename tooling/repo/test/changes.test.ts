import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBase, findUntold } from '../src/release/changes.ts';
import { repositoryRoot } from '../src/workspaces.ts';

let root: string;

function git(...args: readonly string[]): string {
  const identity = ['-c', 'user.name=changes', '-c', 'user.email=changes@localhost', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...identity, ...args], { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

function commit(...files: readonly (readonly [file: string, text: string])[]): string {
  for (const [file, text] of files) write(file, text);
  git('add', '--all');
  git('commit', '--quiet', '--message=a change');
  return git('rev-parse', 'HEAD');
}

function manifest(version: string, more: object = {}): string {
  return JSON.stringify({ name: '@leveret/url', version, ...more });
}

const forUrl = "---\n'@leveret/url': patch\n---\n\nA change.\n";
const release = [
  ['packages/url/package.json', manifest('0.1.0')],
  ['packages/url/CHANGELOG.md', '# 0.1.0'],
] as const;

/** What the check says of the folder as it is. */
function untold(): readonly string[] {
  const base = findBase(root);
  if (base === undefined) throw new Error('there is nothing to compare with');
  return findUntold(root, base);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'leveret-changes-'));
  git('init', '--quiet', '--initial-branch=main');
  commit(
    ['package.json', JSON.stringify({ name: 'all', version: '0.0.0', workspaces: ['packages/*'] })],
    ['packages/url/package.json', manifest('0.0.0')],
    ['packages/url/src/parse.ts', '// first'],
    ['.changeset/README.md', 'what this is'],
  );
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('what a change is compared with', () => {
  it('is nothing before the first release, without a remote', () => {
    expect(findBase(root)).toBeUndefined();
  });

  it('is the last release on main', () => {
    const released = commit(...release);
    commit(['packages/url/src/parse.ts', '// second']);
    expect(findBase(root)).toEqual({ commit: released, reason: 'the last release' });
  });

  it('is the commit where the branch left origin/main', () => {
    const fork = git('rev-parse', 'HEAD');
    git('update-ref', 'refs/remotes/origin/main', fork);
    commit(['packages/url/src/parse.ts', '// second']);
    expect(findBase(root)).toEqual({ commit: fork, reason: 'origin/main' });
  });

  it('is a release that came on the branch', () => {
    git('update-ref', 'refs/remotes/origin/main', git('rev-parse', 'HEAD'));
    const released = commit(...release);
    expect(findBase(root)).toEqual({ commit: released, reason: 'the last release' });
  });

  it('is nothing where git is not, or has no commit', () => {
    rmSync(join(root, '.git'), { recursive: true });
    git('init', '--quiet');
    expect(findBase(root)).toBeUndefined();
  });
});

describe('a change of a released package', () => {
  beforeEach(() => {
    commit(...release);
  });

  it('fails without a changeset, committed or not, and says what to do', () => {
    write('packages/url/src/parse.ts', '// second');
    write('packages/url/src/format.ts', '// new');
    const sentence =
      '@leveret/url differs from the last release in packages/url/src/parse.ts and 1 more, and no changeset tells its ' +
      'users: run npx changeset, or npx changeset add --empty if no user can notice';
    expect(untold()).toEqual([sentence]);
    commit();
    expect(untold()[0]).toMatch(/^@leveret\/url differs from the last release in .* and 1 more/);
  });

  it('passes with a changeset that names it', () => {
    commit(['packages/url/src/parse.ts', '// second'], ['.changeset/a.md', forUrl]);
    expect(untold()).toEqual([]);
  });

  it('passes with an empty changeset', () => {
    commit(['packages/url/src/parse.ts', '// second'], ['.changeset/a.md', '---\n---\n']);
    expect(untold()).toEqual([]);
  });

  it('fails with a changeset for another package', () => {
    commit(['packages/url/src/parse.ts', '// second'], ['.changeset/a.md', forUrl.replace('url', 'retry')]);
    expect(untold()).toHaveLength(1);
  });

  it('fails on a branch with the changeset of an earlier change only', () => {
    commit(['.changeset/a.md', forUrl]);
    git('update-ref', 'refs/remotes/origin/main', git('rev-parse', 'HEAD'));
    commit(['packages/url/src/parse.ts', '// second']);
    expect(untold()[0]).toMatch(/differs from origin\/main/);
  });

  it('passes if only tests, scripts or what tests need changed', () => {
    commit(
      ['packages/url/src/parse.test.ts', '// a test'],
      ['packages/url/README.md', '# more words'],
      ['packages/url/package.json', manifest('0.1.0', { scripts: { build: 'tsup' }, devDependencies: { a: '1.0.0' } })],
    );
    expect(untold()).toEqual([]);
  });

  it('fails if what users install changed', () => {
    commit(['packages/url/package.json', manifest('0.1.0', { dependencies: { a: '1.0.0' } })]);
    expect(untold()[0]).toContain('packages/url/package.json');
  });

  it('passes once its release is made, before and after it is committed', () => {
    commit(['packages/url/src/parse.ts', '// second'], ['.changeset/a.md', forUrl]);
    rmSync(join(root, '.changeset/a.md'));
    write('packages/url/package.json', manifest('0.1.1'));
    write('packages/url/CHANGELOG.md', '# 0.1.1');
    expect(untold()).toEqual([]);
    commit();
    expect(untold()).toEqual([]);
  });
});

describe('a change before the first release', () => {
  beforeEach(() => {
    git('update-ref', 'refs/remotes/origin/main', git('rev-parse', 'HEAD'));
  });

  it('passes with the changeset of the first version, which may be older', () => {
    commit(['.changeset/a.md', forUrl]);
    git('update-ref', 'refs/remotes/origin/main', git('rev-parse', 'HEAD'));
    commit(['packages/url/src/parse.ts', '// second']);
    expect(untold()).toEqual([]);
  });

  it('fails without any', () => {
    commit(['packages/url/src/parse.ts', '// second']);
    expect(untold()).toHaveLength(1);
  });
});

it('every change of this repository that users can notice has its changeset', ({ annotate }) => {
  const base = findBase(repositoryRoot);
  if (base === undefined) return annotate('no origin/main and no release: nothing to compare with');
  expect(findUntold(repositoryRoot, base)).toEqual([]);
  return undefined;
});
