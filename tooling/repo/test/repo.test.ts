import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { pendingChangesets } from '../src/release/changes.ts';
import { listPublished, listWorkspaces, type Manifest, readManifest, repositoryRoot } from '../src/workspaces.ts';
import { firstExample } from './readme-example.ts';
import { userEnvironment } from './tarball.ts';

const run = promisify(execFile);
const changesetNames = new Set([...pendingChangesets(repositoryRoot).values()].flat());
const inRoot = { cwd: repositoryRoot, env: userEnvironment(), maxBuffer: 64 * 1024 * 1024 };

/** Every text file that is in git or would get into it with the next `git add`. */
async function listTexts(): Promise<readonly { readonly file: string; readonly text: string }[]> {
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], inRoot);
  const files = stdout.split('\0').filter((file) => file !== '' && existsSync(join(repositoryRoot, file)));
  return files
    .map((file) => ({ file, text: readFileSync(join(repositoryRoot, file), 'utf8') }))
    .filter(({ text }) => !text.includes('\0'));
}

async function findLines(isBad: (line: string) => boolean): Promise<readonly string[]> {
  return (await listTexts()).flatMap(({ file, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (isBad(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
}

const homes = ['home', 'Users', 'root', 'work', 'workspace', 'tmp', 'mnt'].join('|');
// A path that starts there: nothing before it that would make it a part of another path or of a URL.
const machinePath = new RegExp(`(?:^|[\\s"'\`(=:,])/(?:${homes})/[\\w.-]`);
const registry = /\/\/(?:registry|[\w.-]*(?:artifactory|nexus|verdaccio))[\w.-]*[/:]|"resolved": *"http/;

describe('the files of the repository', () => {
  it('know the folders of no machine', async () => {
    const here = [`${repositoryRoot}/`, `${homedir()}/`];
    expect(await findLines((line) => machinePath.test(line) || here.some((path) => line.includes(path)))).toEqual([]);
  });

  it('name no package registry', async () => {
    const { stdout } = await run('npm', ['config', 'get', 'registry'], inRoot);
    const { host } = new URL(stdout.trim());
    expect(await findLines((line) => registry.test(line) || line.includes(host))).toEqual([]);
  });

  it('have no test that is skipped, and none that runs alone', async () => {
    const marked = /\b(?:it|test|describe)\.(?:skip|only|todo)\b/;
    expect(await findLines((line) => marked.test(line))).toEqual([]);
  });
});

describe('the packages', () => {
  const fields = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;
  const manifests = [readManifest(repositoryRoot), ...listWorkspaces().map(({ manifest }) => manifest)];

  function versionsInUse(): ReadonlyMap<string, ReadonlySet<string>> {
    const versions = new Map<string, Set<string>>();
    for (const manifest of manifests) {
      // A peer range says what others may bring, not what is installed here.
      for (const field of fields.filter((name) => name !== 'peerDependencies')) {
        for (const [name, version] of Object.entries(manifest[field] ?? {})) {
          if (!name.startsWith('@leveret/')) versions.set(name, (versions.get(name) ?? new Set()).add(version));
        }
      }
    }
    return versions;
  }

  it('agree on one version of everything they take from others', () => {
    const disputed = [...versionsInUse()].filter(([, versions]) => versions.size > 1);
    expect(disputed.map(([name, versions]) => `${name}: ${[...versions].join(', ')}`)).toEqual([]);
  });

  it('pin everything they take from others to one version', () => {
    const ranges = [...versionsInUse()].flatMap(([name, versions]) =>
      [...versions].map((version) => `${name}@${version}`),
    );
    expect(ranges.filter((text) => /@[\^~<>=*]|@latest$/.test(text))).toEqual([]);
  });
});

describe('the README of the repository', () => {
  const readme = readFileSync(join(repositoryRoot, 'README.md'), 'utf8');

  it('shows the example of @leveret/rpc, which is type-checked and run from the packed package', () => {
    const example = readFileSync(join(repositoryRoot, 'packages/rpc/examples/readme.ts'), 'utf8');
    expect(firstExample(readme)).toBe(example);
  });

  it('names every published package', () => {
    expect(listPublished().filter(({ manifest }) => !readme.includes(`\`${manifest.name}\``))).toEqual([]);
  });
});

it('the decisions have a number each, and are all in the list of docs/decisions/README.md, by their titles', () => {
  const folder = join(repositoryRoot, 'docs/decisions');
  const pages = globSync('[0-9]*.md', { cwd: folder }).sort();
  const titles = pages.map((page) => {
    const [first = ''] = readFileSync(join(folder, page), 'utf8').split('\n');
    return `| [${page.slice(0, 4)}](${page}) | ${first.replace(/^# \d{4}:? /, '')} |`;
  });
  const rows = readFileSync(join(folder, 'README.md'), 'utf8').split('\n');
  expect(rows.filter((row) => /^\| \[\d/.test(row))).toEqual(titles);
  expect(new Set(pages.map((page) => page.slice(0, 4))).size).toBe(pages.length);
});

describe.each(listPublished().map(({ folder, manifest }) => ({ name: manifest.name, folder, manifest })))(
  '$name',
  ({ name, folder, manifest }) => {
    it.each(['README.md', 'LICENSE', 'examples/readme.ts'])('has %s', (file) => {
      expect(existsSync(join(folder, file))).toBe(true);
    });

    it('has a README whose first example is examples/readme.ts', () => {
      const example = readFileSync(join(folder, 'examples/readme.ts'), 'utf8');
      expect(firstExample(readFileSync(join(folder, 'README.md'), 'utf8'))).toBe(example);
    });

    it('has the licence of the repository', () => {
      expect(manifest.license).toBe('MIT');
      expect(readFileSync(join(folder, 'LICENSE'), 'utf8')).toBe(readFileSync(join(repositoryRoot, 'LICENSE'), 'utf8'));
    });

    it('tells its users what is new: in its changelog, or in a changeset before the first release', () => {
      expect(existsSync(join(folder, 'CHANGELOG.md')) || changesetNames.has(name)).toBe(true);
    });

    it('says on which Node it runs', () => {
      expect(manifest.engines).toEqual({ node: '>=20.19.0' });
    });

    it('may be tree-shaken, and ships its build and its changelog', () => {
      expect(manifest.sideEffects).toBe(false);
      expect(manifest.files).toEqual(['dist', 'CHANGELOG.md']);
    });

    it('answers import and require with one file: every entry starts with module-sync, and with bun for Bun', () => {
      for (const [entry, conditions] of entries(manifest)) {
        expect([entry, ...Object.keys(conditions)]).toEqual([entry, 'module-sync', 'bun', 'import', 'require']);
        expect(conditions['module-sync']).toEqual(conditions['import']);
        expect(conditions['bun']).toEqual(conditions['import']);
      }
    });
  },
);

function entries(manifest: Manifest): readonly (readonly [string, Record<string, unknown>])[] {
  const all = Object.entries(manifest.exports ?? {}).filter(([entry]) => entry !== './package.json');
  return all.map(([entry, conditions]) => [entry, conditions as Record<string, unknown>]);
}
