import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { forTools, forUsers, isAllowed } from '../src/supply/licences.ts';
import { readLock, runtimeClosure } from '../src/supply/lock.ts';
import { listPublished, listWorkspaces, readManifest, repositoryRoot } from '../src/workspaces.ts';

const lock = readLock(repositoryRoot);
/** What is installed from elsewhere: its folder from the root, and what the lock says of it. */
const foreign = Object.entries(lock).filter(([folder, { link }]) => folder.includes('node_modules/') && link !== true);

describe('a licence', () => {
  it.each(['MIT', '(MIT OR GPL-3.0)', 'GPL-3.0 OR MIT', 'MIT AND ISC', '(MIT AND (ISC OR GPL-3.0))'])(
    '%s can be met',
    (expression) => expect(isAllowed(expression, forUsers)).toBe(true),
  );

  it.each(['GPL-3.0', 'MIT AND GPL-3.0', 'SEE LICENSE IN LICENSE', 'UNLICENSED', '', '(MIT', 'MIT ISC', undefined])(
    '%s cannot',
    (expression) => expect(isAllowed(expression, forUsers)).toBe(false),
  );
});

describe('what is installed', () => {
  it('comes from the registry, by its name, and is known by a SHA-512', () => {
    const odd = foreign.filter(
      ([, { resolved, integrity }]) => resolved !== undefined || !/^sha512-[\w+/]+=*$/.test(integrity ?? ''),
    );
    expect(odd.map(([folder]) => folder)).toEqual([]);
  });

  it('is named by versions, not by addresses', () => {
    const manifests = [readManifest(repositoryRoot), ...listWorkspaces().map(({ manifest }) => manifest)];
    const all = manifests.flatMap(({ dependencies, devDependencies, optionalDependencies, peerDependencies }) =>
      Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies }),
    );
    expect(
      all.filter(([, version]) =>
        /^(?:git|https?|file|link|workspace|github):|\//.test(version.replace(/^npm:.*@/, '')),
      ),
    ).toEqual([]);
  });

  it('has a licence that may be in what builds and tests', () => {
    const odd = foreign.filter(([, { license }]) => !isAllowed(license, forTools));
    expect(odd.map(([folder, { license }]) => `${folder}: ${license}`)).toEqual([]);
  });

  it('has no install script but the one of esbuild, which is denied', () => {
    expect(foreign.filter(([, one]) => one.hasInstallScript === true).map(([folder]) => folder)).toEqual([
      'node_modules/esbuild',
    ]);
    const { allowScripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
      allowScripts: Record<string, boolean>;
    };
    expect(allowScripts).toEqual({ esbuild: false });
  });
});

describe.each(listPublished().map(({ folder, manifest }) => ({ name: manifest.name, folder, manifest })))(
  '$name',
  ({ name, folder, manifest }) => {
    it('runs nothing when it is installed', () => {
      const atInstall = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];
      expect(Object.keys(manifest.scripts ?? {}).filter((script) => atInstall.includes(script))).toEqual([]);
    });

    it('gives a reason in docs/dependencies.md for what it brings along', () => {
      const rows = readFileSync(join(repositoryRoot, 'docs/dependencies.md'), 'utf8').split('\n');
      const brought = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies };
      const untold = Object.keys(brought)
        .filter((one) => !one.startsWith('@leveret/'))
        .filter(
          (one) =>
            !rows.some((row) => new RegExp(`^\\| \`${one}\` \\| .*\`${name}\`.* \\| .+ \\| .{20,} \\|$`).test(row)),
        );
      expect(untold).toEqual([]);
    });

    it('brings only what a user may have without asking a lawyer', () => {
      const closure = [...runtimeClosure(lock, relative(repositoryRoot, folder)).keys()];
      const licences = closure.map((at) => [at, lock[at]?.license ?? 'none'] as const);
      expect(licences.filter(([, license]) => !isAllowed(license, forUsers))).toEqual([]);
    });
  },
);

it('docs/dependencies.md tells of nothing that is gone', () => {
  const text = readFileSync(join(repositoryRoot, 'docs/dependencies.md'), 'utf8');
  const told = [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, one]) => one);
  const brought = listPublished().flatMap(({ manifest }) =>
    Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies }),
  );
  expect(told.filter((one) => one === undefined || !brought.includes(one))).toEqual([]);
  expect(told).not.toEqual([]);
});
