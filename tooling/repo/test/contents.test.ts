import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, normalize } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listEntries } from '../src/entries.ts';
import { listPublished, type Manifest, readManifest, repositoryRoot } from '../src/workspaces.ts';
import { packAll, unpackAll } from './packed.ts';
import { type Tarball, userEnvironment } from './tarball.ts';

const run = promisify(execFile);
const inTime = { timeout: 20_000, killSignal: 'SIGKILL' } as const;
let below: string;
let project: string;
let tarballs: ReadonlyMap<string, Tarball>;

beforeAll(async () => {
  below = mkdtempSync(join(tmpdir(), 'leveret-contents-'));
  tarballs = await packAll(below);
  project = await unpackAll(tarballs.values(), below);
});
afterAll(() => rmSync(below, { recursive: true, force: true }));

/** Where the package is unpacked. */
function unpacked(name: string): string {
  return join(project, 'node_modules', name);
}

/** The files of a package that its own manifest, or a file of it, names: its entries, and what they are made of. */
function reachable(manifest: Manifest): ReadonlySet<string> {
  const folder = unpacked(manifest.name);
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    const code = readFileSync(join(folder, path), 'utf8');
    const map = /^\/\/# sourceMappingURL=(.+)$/m.exec(code)?.[1];
    if (map !== undefined) found.add(join(dirname(path), map));
    for (const [, specifier = ''] of code.matchAll(/(?:from|import|require\(|import\()\s*["'](\.[^"']+)["']/g)) {
      const declared = path.endsWith('.d.ts') || path.endsWith('.d.cts');
      visit(join(dirname(path), declared ? specifier.replace(/\.(c?)js$/, '.d.$1ts') : specifier));
    }
  };
  for (const { esm, cjs, types } of listEntries(manifest)) [esm, cjs, ...types].map(normalize).forEach(visit);
  Object.values(manifest.bin ?? {})
    .map(normalize)
    .forEach(visit);
  return found;
}

interface RawSourceMap {
  readonly version: number;
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
}

function readMap(file: string): RawSourceMap & ConstructorParameters<typeof SourceMap>[0] {
  return JSON.parse(readFileSync(`${file}.map`, 'utf8')) as ReturnType<typeof readMap>;
}

/** Every function and class that stands at the left margin of a file of the build, and where its name stands. */
function definitions(
  code: string,
): readonly { readonly name: string; readonly line: number; readonly column: number }[] {
  return code.split('\n').flatMap((content, line) => {
    const found = /^(?:async )?(?:function\*? |class )(\w+)|^var (\w+) = class\b/.exec(content);
    const name = found?.[1] ?? found?.[2];
    return name === undefined ? [] : [{ name, line, column: content.indexOf(name) }];
  });
}

/** Loads files of the build in a process of its own. Resolves with what was printed, and what was changed by each. */
async function watchImport(folder: string, files: readonly string[]) {
  const watcher = join(import.meta.dirname, 'watch-import.ts');
  const child = spawn(process.execPath, [watcher, ...files], {
    cwd: folder,
    env: userEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    ...inTime,
  });
  const [stdout, stderr, report, [status]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    text(child.stdio[3] as NodeJS.ReadableStream),
    once(child, 'close'),
  ]);
  return { printed: stdout + stderr, status: status as number | null, changed: JSON.parse(report || '{}') as unknown };
}

/** For each package a line that throws, and is right to. */
const faults: Readonly<Record<string, string>> = {
  '@leveret/url': "m.parseTransportUrl('nonsense')",
  '@leveret/retry': 'm.exponential({ factor: -1 })',
  '@leveret/heartbeat': 'm.startHeartbeat({}, { intervalMs: -1 })',
  '@leveret/transport': "m.createTransport('amqp://localhost', { frameMax: 1 })",
  '@leveret/rpc': 'm.createRpcClient({}, {})',
  '@leveret/broker': 'await m.startBroker({ port: -1 })',
};

describe.each(listPublished().map(({ manifest, folder }) => ({ name: manifest.name, manifest, folder })))(
  '$name, packed',
  ({ name, manifest, folder }) => {
    const entries = listEntries(manifest);

    it('holds the build and its papers, and nothing else', () => {
      const contents = tarballs.get(name)?.contents ?? [];
      const papers = contents.filter((path) => !path.startsWith('dist/'));
      // Before the first release there is no changelog to ship: `changeset version` writes it.
      const released = manifest.version !== '0.0.0';
      expect(papers.toSorted()).toEqual([
        ...(released ? ['CHANGELOG.md'] : []),
        'LICENSE',
        'README.md',
        'package.json',
      ]);
    });

    it('holds all of the build that an entry leads to, and nothing that none leads to', () => {
      const contents = tarballs.get(name)?.contents ?? [];
      const build = contents.filter((path) => path.startsWith('dist/'));
      expect(build.toSorted()).toEqual([...reachable(manifest)].toSorted());
    });

    it('brings with each file of code its map, and with each map its sources', () => {
      const code = globSync('dist/*.{js,cjs}', { cwd: unpacked(name) });
      expect(code.length).toBeGreaterThanOrEqual(2 * entries.length);
      for (const path of code) {
        const file = join(unpacked(name), path);
        const urls = [...readFileSync(file, 'utf8').matchAll(/^\/\/# sourceMappingURL=(.+)$/gm)].map(([, url]) => url);
        expect(new Set(urls), path).toEqual(new Set([`${basename(path)}.map`]));
        const map = readMap(file);
        expect(map.version).toBe(3);
        expect(map.sources.map((source, index) => [source, typeof map.sourcesContent?.[index]])).toEqual(
          map.sources.map((source) => [source, 'string']),
        );
      }
    });

    it('leads from every function and class of the build to the line of the source that defines it', () => {
      let checked = 0;
      for (const path of globSync('dist/*.{js,cjs}', { cwd: unpacked(name) })) {
        const file = join(unpacked(name), path);
        const map = new SourceMap(readMap(file));
        for (const { name: defined, line, column } of definitions(readFileSync(file, 'utf8'))) {
          // What the bundler adds comes from nowhere, or from the bundler.
          if (defined.startsWith('_interop')) continue;
          const entry = map.findEntry(line, column);
          if (!('originalSource' in entry)) throw new Error(`${path}:${line + 1}: ${defined} comes from nowhere`);
          if (entry.originalSource.includes('node_modules')) continue;
          const source = join(folder, 'dist', entry.originalSource);
          const original = readFileSync(source, 'utf8').split('\n')[entry.originalLine];
          // Where two files of the source use one name, the bundler numbers it.
          expect(original, `${path}: ${defined}`).toContain(defined.replace(/\$?\d+$/, ''));
          checked += 1;
        }
      }
      expect(checked).toBeGreaterThan(entries.length);
    });

    it.each(['import', 'require'] as const)('throws, after %s, an error whose stack names the source', async (how) => {
      const [main] = entries;
      const file = join(unpacked(name), how === 'import' ? (main?.esm ?? '') : (main?.cjs ?? ''));
      const program = `(async () => {
        const m = ${how === 'import' ? 'await import' : 'require'}(${JSON.stringify(file)});
        try { ${faults[name]} } catch (error) { console.log(error.stack); }
      })();`;
      const args = ['--enable-source-maps', '--input-type=commonjs', '--eval', program];
      const { stdout } = await run(process.execPath, args, { env: userEnvironment(), ...inTime });
      const [, path = '', line = ''] = new RegExp(`${name}/(src/[\\w/.-]+\\.ts):(\\d+):`).exec(stdout) ?? [];
      expect(path, stdout).not.toBe('');
      const source = readFileSync(join(folder, path), 'utf8').split('\n')[Number(line) - 1];
      expect(source).toMatch(/throw |Error\(|super\(/);
    });

    it('does nothing when it is loaded: it prints nothing, changes no global, and keeps no process alive', async () => {
      const files = entries.flatMap(({ esm, cjs }) => [esm, cjs]);
      expect(await watchImport(unpacked(name), files)).toEqual({
        printed: '',
        status: 0,
        changed: Object.fromEntries(files.map((file) => [file, []])),
      });
    });
  },
);

it('all packages say where their repository is, each its own folder of it, as soon as the root does; before, none does', () => {
  const { repository, homepage, bugs } = readManifest(repositoryRoot);
  for (const { manifest, folder } of listPublished()) {
    const own = repository && { ...repository, directory: `packages/${basename(folder)}` };
    const said = { repository: manifest.repository, homepage: manifest.homepage, bugs: manifest.bugs };
    expect({ name: manifest.name, ...said }).toEqual({ name: manifest.name, repository: own, homepage, bugs });
  }
});
