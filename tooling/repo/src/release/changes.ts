import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { askGit } from '../git.ts';
import { listPublished, type Manifest, type Workspace } from '../workspaces.ts';

/** What a change is compared with. */
export interface Base {
  /** A commit. */
  readonly commit: string;
  /** Why this one, for a message. */
  readonly reason: string;
}

/** Only `npm run version` writes these, so the last commit that did is the last release. */
const changelogs = 'packages/*/CHANGELOG.md';

/**
 * The commit from which on a change must have its changeset. On a branch that is where it left origin/main; on main
 * itself, or without that remote, the last release. A release on the branch is later than where it left, and counts.
 * Undefined where nothing can be compared: no git, a clone without history, or no release yet.
 */
export function findBase(root: string): Base | undefined {
  const head = askGit(root, 'rev-parse', 'HEAD');
  if (head === undefined) return undefined;
  // `npm run version` ran, and is not committed yet: what it consumed is of the past.
  if (askGit(root, 'status', '--porcelain', '--', changelogs) !== '') return { commit: head, reason: 'this release' };
  const release = askGit(root, 'log', '-1', '--format=%H', '--', changelogs) || undefined;
  const fork = askGit(root, 'merge-base', 'origin/main', 'HEAD');
  // A shallow clone shows its oldest commit as one that wrote everything.
  const shallow = askGit(root, 'rev-parse', '--is-shallow-repository') === 'true';
  if (fork !== undefined && fork !== head) {
    const later = release !== undefined && !shallow && isAncestor(root, fork, release) ? release : fork;
    return { commit: later, reason: later === fork ? 'origin/main' : 'the last release' };
  }
  if (release === undefined || shallow) return undefined;
  return { commit: release, reason: 'the last release' };
}

function isAncestor(root: string, older: string, younger: string): boolean {
  return askGit(root, 'merge-base', '--is-ancestor', older, younger) !== undefined;
}

/** What a user gets of a manifest: all but what only builds and tests. */
function shipped(text: string | undefined): string {
  if (text === undefined) return '';
  const { scripts: _scripts, devDependencies: _devDependencies, ...rest } = JSON.parse(text) as Manifest;
  return JSON.stringify(rest);
}

function isSource(file: string): boolean {
  return /\.(?:ts|json)$/.test(file) && !file.endsWith('.test.ts');
}

/** The files of a package, as git names them, that differ from the base and can matter to its users. */
function changedFiles(root: string, { folder }: Workspace, { commit }: Base): readonly string[] {
  const place = relative(root, folder);
  const changed = (askGit(root, 'diff', '--name-only', commit, '--', `${place}/src`) ?? '').split('\n');
  const added = (askGit(root, 'ls-files', '--others', '--exclude-standard', '--', `${place}/src`) ?? '').split('\n');
  const sources = [...changed, ...added].filter(isSource);
  const manifest = `${place}/package.json`;
  const before = shipped(askGit(root, 'show', `${commit}:${manifest}`));
  return before === shipped(readFileSync(join(root, manifest), 'utf8')) ? sources : [...sources, manifest];
}

/** The pending changesets: the name of the file, and the packages it names; none in an empty one. */
export function pendingChangesets(root: string): ReadonlyMap<string, readonly string[]> {
  const files = readdirSync(join(root, '.changeset')).filter((file) => file.endsWith('.md') && file !== 'README.md');
  return new Map(
    files.map((file) => {
      const head = readFileSync(join(root, '.changeset', file), 'utf8').split('---')[1] ?? '';
      const names = [...head.matchAll(/^['"]?(@[^'":]+)['"]?:/gm)].map(([, name = '']) => name);
      return [`.changeset/${file}`, names];
    }),
  );
}

/**
 * The packages that changed since the base and have no changeset for it, a sentence each. A package before its first
 * release needs one changeset and no more: its first version is what there is. A new empty changeset says that no user
 * can notice, for the whole change.
 */
export function findUntold(root: string, base: Base): readonly string[] {
  const pending = pendingChangesets(root);
  const touched = new Set(
    [
      askGit(root, 'diff', '--name-only', base.commit, '--', '.changeset'),
      askGit(root, 'ls-files', '--others', '--exclude-standard', '--', '.changeset'),
    ].flatMap((text) => (text ?? '').split('\n')),
  );
  const fresh = [...pending].filter(([file]) => touched.has(file));
  if (fresh.some(([, names]) => names.length === 0)) return [];
  return listPublished(root).flatMap((workspace) => {
    const { name, version } = workspace.manifest;
    const told = (version === '0.0.0' ? [...pending] : fresh).some(([, names]) => names.includes(name));
    if (told || isReleased(root, workspace, base)) return [];
    const [first, ...more] = changedFiles(root, workspace, base);
    if (first === undefined) return [];
    const files = more.length === 0 ? first : `${first} and ${more.length} more`;
    return [
      `${name} differs from ${base.reason} in ${files}, and no changeset tells its users: run npx changeset, ` +
        'or npx changeset add --empty if no user can notice',
    ];
  });
}

/** Its version is another one than at the base: what changed is in its changelog. */
function isReleased(root: string, { folder, manifest }: Workspace, { commit }: Base): boolean {
  const before = askGit(root, 'show', `${commit}:${relative(root, folder)}/package.json`);
  return before !== undefined && (JSON.parse(before) as Manifest).version !== manifest.version;
}
