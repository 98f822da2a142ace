import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listEntries } from '../../src/entries.ts';
import { listPublished, type Manifest, repositoryRoot, type Workspace } from '../../src/workspaces.ts';
import { toCommonJs } from '../readme-example.ts';
import { listRuntimes, ownRuntime } from '../runtimes.ts';
import { readExample } from './besides.ts';
import { failuresOf, oneInstance, withAll, withOpenTelemetry, withUndici } from './programs.ts';
import { createProject } from './project.ts';
import { prepareSetting, type Setting } from './setting.ts';
import { importAll, type Resolution, typeCheck } from './type-check.ts';

const run = promisify(execFile);
const runtimes = listRuntimes();
const published = listPublished();
const names = published.map(({ manifest }) => manifest.name);
/** Their interfaces ask for nothing of Node's, so a browser's project can be strict about them too. */
const leaves = ['@leveret/url', '@leveret/retry', '@leveret/heartbeat'];

const resolutions: readonly Resolution[] = ['node16', 'nodenext', 'bundler'];

let setting: Setting;

beforeAll(async () => {
  setting = await prepareSetting();
}, 480_000);
afterAll(() => setting?.end());

/** Programs with all entries of these packages, as ESM and, where the resolution knows it, as CommonJS; and their examples. */
function consumers(resolution: Resolution, workspaces: readonly Workspace[]): Readonly<Record<string, string>> {
  const specifiers = workspaces.flatMap(specifiersOf);
  const examples = workspaces.map((workspace, index) => [`example${index}.mts`, readExample(workspace)]);
  return {
    ...Object.fromEntries(examples),
    'entries.mts': importAll(specifiers, 'esm'),
    ...(resolution === 'bundler' ? {} : { 'entries.cts': importAll(specifiers, 'cjs') }),
  };
}

function specifiersOf(workspace: Workspace): readonly string[] {
  return listEntries(workspace.manifest).map(({ specifier }) => specifier);
}

/** A package and, through all layers, what it depends on. */
function withDependencies(name: string): readonly string[] {
  const dependencies = setting.manifests.get(name)?.dependencies ?? {};
  return [...new Set([name, ...Object.keys(dependencies).flatMap(withDependencies)])];
}

describe('the first release', () => {
  it('publishes every package under its version, as the latest, and tags each in git', async () => {
    const tags = (await setting.releases.copy.git('tag')).split('\n');
    expect(setting.first.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    for (const { name, version } of setting.first) {
      expect((await setting.registry.describe(name))['dist-tags']).toEqual({ latest: version });
      expect(tags).toContain(`${name}@${version}`);
    }
  });

  it('has no path and no `workspace:` in any package.json, and carets that the registry can meet', async () => {
    for (const { name, version, tarball } of setting.first) {
      const { stdout } = await run('tar', [
        '-xOf',
        join(setting.releases.folder, tarball?.path ?? ''),
        'package/package.json',
      ]);
      const inRegistry = (await setting.registry.describe(name)).versions[version] ?? {};
      for (const manifest of [JSON.parse(stdout) as Manifest, inRegistry as unknown as Manifest]) {
        const { dependencies, peerDependencies, optionalDependencies } = manifest;
        const ranges = Object.entries({ ...dependencies, ...peerDependencies, ...optionalDependencies });
        expect(ranges.filter(([, range]) => /[:/\\]|^\*?$/.test(range))).toEqual([]);
        const ours = ranges.filter(([other]) => other.startsWith('@leveret/'));
        expect(ours).toEqual(ours.map(([other]) => [other, `^${setting.manifests.get(other)?.version}`]));
      }
      // What begins with an underscore is npm's own account of how it published.
      const told = JSON.stringify(inRegistry, (key, value) => (key.startsWith('_') ? undefined : value));
      for (const text of [stdout, told]) {
        expect(text).not.toMatch(/"(?:workspace|file|link|portal):/);
        expect([repositoryRoot, setting.below].filter((folder) => text.includes(folder))).toEqual([]);
      }
    }
  });
});

describe.each(published.map((workspace) => ({ name: workspace.manifest.name, workspace })))(
  '$name, installed alone',
  ({ name, workspace }) => {
    const specifiers = specifiersOf(workspace);
    const example = readExample(workspace);

    it('brings along what it names, and nothing else, all from the registry', () => {
      const project = setting.alone(name);
      expect(Object.keys(project.installed()).toSorted()).toEqual(withDependencies(name).toSorted());
      expect(project.sources().filter((source) => !source.startsWith(setting.registry.url))).toEqual([]);
    });

    describe.each(runtimes)('on $name', (runtime) => {
      it('runs the example of its README by import', async () => {
        expect(await setting.complete(name).run(runtime, 'example.mjs', example, setting.brokerUrl)).not.toBe('');
      });

      it('runs the example of its README by require', async () => {
        expect(
          await setting.complete(name).run(runtime, 'example.cjs', toCommonJs(example), setting.brokerUrl),
        ).not.toBe('');
      });

      it('is there once, however it is loaded', async () => {
        const program = oneInstance(specifiers);
        expect(await setting.complete(name).run(runtime, 'one-instance.cjs', program)).toBe('one of each\n');
      });
    });

    it.each(resolutions)(
      'has types for a project that is strict about every declaration, with %s',
      async (resolution) => {
        const check = { compiler: 'typescript7', resolution, programs: consumers(resolution, [workspace]) } as const;
        expect(await typeCheck(setting.complete(name), { ...check, types: ['node'] })).toBe('');
      },
    );
  },
);

it.each(leaves)('%s has types for a project without those of Node', async (name) => {
  const workspace = published.find(({ manifest }) => manifest.name === name);
  const specifiers = workspace === undefined ? [] : specifiersOf(workspace);
  const programs = { 'entries.ts': importAll(specifiers, 'esm') };
  const options = { compiler: 'typescript7', resolution: 'bundler', programs, types: [] } as const;
  expect(specifiers).not.toEqual([]);
  expect(await typeCheck(setting.complete(name), options)).toBe('');
});

describe.each(runtimes)('an optional peer, with $name', (runtime) => {
  it('of @leveret/retry is no more than types: every entry loads without undici', async () => {
    const specifiers = ['@leveret/retry', '@leveret/retry/undici'];
    const answer = await setting.alone('@leveret/retry').run(runtime, 'peers.cjs', failuresOf(specifiers));
    expect(JSON.parse(answer)).toEqual({ '@leveret/retry': ['', ''], '@leveret/retry/undici': ['', ''] });
  });

  it('of @leveret/retry is undici 7, whose requests are tried again', async () => {
    expect(setting.older.installed()).toMatchObject({ undici: expect.stringMatching(/^7\./) });
    expect(await setting.older.run(runtime, 'undici.cjs', withUndici)).toBe('200 done after 3 requests\n');
  });

  it('of @leveret/rpc is missed by @leveret/rpc/otel alone, which says its name', async () => {
    const specifiers = ['@leveret/rpc', '@leveret/rpc/notify', '@leveret/rpc/otel'];
    const answer = await setting.alone('@leveret/rpc').run(runtime, 'peers.cjs', failuresOf(specifiers));
    const said = expect.stringMatching(/^Cannot find (?:package|module) '@opentelemetry\/api'/);
    expect(JSON.parse(answer)).toEqual({
      '@leveret/rpc': ['', ''],
      '@leveret/rpc/notify': ['', ''],
      '@leveret/rpc/otel': [said, said],
    });
  });

  it('of @leveret/rpc is the one OpenTelemetry of the application, which gets the spans', async () => {
    const answer = await setting
      .complete('@leveret/rpc')
      .run(runtime, 'otel.cjs', withOpenTelemetry, setting.brokerUrl);
    expect(answer).toBe('1 traced/resize, 2 traced/resize\n');
  });
});

it('undici 8, which needs Node 22, is as good a peer', async () => {
  const project = setting.complete('@leveret/retry');
  expect(project.installed()).toMatchObject({ undici: expect.stringMatching(/^8\./) });
  expect(await project.run(ownRuntime(), 'undici.cjs', withUndici)).toBe('200 done after 3 requests\n');
});

it('a missing peer is named by the compiler, too', async () => {
  const check = async (name: string, specifier: string): Promise<string> =>
    typeCheck(setting.alone(name), {
      compiler: 'typescript7',
      resolution: 'nodenext',
      programs: { 'peer.mts': importAll([specifier], 'esm') },
      types: ['node'],
    });
  expect(await check('@leveret/retry', '@leveret/retry/undici')).toMatch(/TS2307: Cannot find module 'undici'/);
  expect(await check('@leveret/rpc', '@leveret/rpc/otel')).toMatch(/TS2307: Cannot find module '@opentelemetry\/api'/);
});

describe('all packages in one project', () => {
  it('are there once each', () => {
    const versions = setting.first.map(({ name, version }) => [name, version]);
    expect(setting.together.installed()).toMatchObject(Object.fromEntries(versions));
    expect(Object.keys(setting.together.installed()).filter((at) => at.includes('node_modules/'))).toEqual([]);
  });

  it.each(resolutions)('have types for TypeScript 6 as well, with %s', async (resolution) => {
    const check = { compiler: 'typescript', resolution, programs: consumers(resolution, published) } as const;
    expect(await typeCheck(setting.together, { ...check, types: ['node'] })).toBe('');
  });

  it.each(runtimes)('work together, with $name', async (runtime) => {
    expect(await setting.together.run(runtime, 'all.mjs', withAll)).toBe(
      'resized to 20 after 3 attempts, a heartbeat every 30 s\n',
    );
  });
});

describe('the next release', { timeout: 120_000 }, () => {
  /** What the copy had before, and what the registry has after. */
  async function latest(): Promise<Readonly<Record<string, string | undefined>>> {
    const described = await Promise.all(names.map((name) => setting.registry.describe(name)));
    return Object.fromEntries(described.map((packument, index) => [names[index], packument['dist-tags']['latest']]));
  }

  it('of a patch of a leaf moves the leaf alone, which all who need it get at once', async () => {
    const before = await latest();
    const patched = next(before['@leveret/url'], 'patch');
    setting.releases.addChangeset('@leveret/url', 'patch', 'A fault is mended.');
    const released = await setting.releases.release();
    expect(released.map(({ name, version }) => [name, version])).toEqual([['@leveret/url', patched]]);
    expect(await latest()).toEqual({ ...before, '@leveret/url': patched });
    expect(setting.releases.manifests().get('@leveret/transport')).toEqual(setting.manifests.get('@leveret/transport'));

    const installed = setting.together.installed();
    await setting.together.update();
    expect(setting.together.installed()).toEqual({ ...installed, '@leveret/url': patched });
  });

  it('of a leaf that leaves the range moves it and who names it, with the new range, and nobody above', async () => {
    const before = await latest();
    const level = before['@leveret/url']?.startsWith('0.') ? 'minor' : 'major';
    const [url, transport] = [next(before['@leveret/url'], level), next(before['@leveret/transport'], 'patch')];
    setting.releases.addChangeset('@leveret/url', level, 'Something is different.');
    const released = await setting.releases.release();
    expect(released.map(({ name, version }) => [name, version]).toSorted()).toEqual([
      ['@leveret/transport', transport],
      ['@leveret/url', url],
    ]);
    expect(await latest()).toEqual({ ...before, '@leveret/url': url, '@leveret/transport': transport });
    const dependencies = setting.manifests.get('@leveret/transport')?.dependencies;
    expect((await setting.registry.describe('@leveret/transport')).versions[transport]).toMatchObject({
      dependencies: { ...dependencies, '@leveret/url': `^${url}` },
    });

    const project = createProject(setting.registry, setting.below);
    await project.install('@leveret/rpc', '--prefer-online');
    expect(project.installed()).toEqual({
      ...setting.alone('@leveret/rpc').installed(),
      '@leveret/transport': transport,
      '@leveret/url': url,
    });
  });
});

/** A version after this one. */
function next(version: string | undefined, level: 'patch' | 'minor' | 'major'): string {
  const [major = 0, minor = 0, patch = 0] = (version ?? '').split('.').map(Number);
  if (level === 'patch') return `${major}.${minor}.${patch + 1}`;
  return level === 'minor' ? `${major}.${minor + 1}.0` : `${major + 1}.0.0`;
}
