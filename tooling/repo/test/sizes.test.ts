import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { listEntries } from '../src/entries.ts';
import { keptSources, measureImport } from '../src/sizes/bundle.ts';
import { measureAll, type Size } from '../src/sizes/measured.ts';
import { budgetFor, findOversize, formatPage, parsePage, type Row } from '../src/sizes/page.ts';
import { withSizes } from '../src/sizes/readme.ts';
import { listPublished, repositoryRoot } from '../src/workspaces.ts';

const run = promisify(execFile);
const page = readFileSync(join(repositoryRoot, 'docs/sizes.md'), 'utf8');

beforeAll(async () => {
  const turbo = join(repositoryRoot, 'node_modules/.bin/turbo');
  await run(turbo, ['run', 'build', '--filter=./packages/*'], { cwd: repositoryRoot });
});

describe('what an import weighs', () => {
  it('is within its budget, for every entry and every part that docs/sizes.md names', async () => {
    expect(findOversize(parsePage(page), await measureAll())).toEqual([]);
  });

  it('stands in docs/sizes.md as npm run sizes writes it', () => {
    const rows = parsePage(page);
    expect(rows.length).toBeGreaterThan(listPublished().flatMap(({ manifest }) => listEntries(manifest)).length);
    expect(rows.map(({ size }) => budgetFor(size))).toEqual(rows.map(({ budget }) => budget));
    expect(formatPage(rows)).toBe(page);
  });

  it.each(listPublished().map((workspace) => ({ name: workspace.manifest.name, workspace })))(
    'stands in the README of $name as in docs/sizes.md',
    ({ workspace }) => {
      const readme = readFileSync(join(workspace.folder, 'README.md'), 'utf8');
      expect(withSizes(readme, workspace, parsePage(page))).toBe(readme);
    },
  );
});

describe('the budget', () => {
  const size = (alone: number, complete: number): Size => ({ alone, complete });
  const rows: readonly Row[] = [
    { title: 'a', size: size(100, 200), budget: size(110, 210) },
    { title: 'b', size: size(1, 1), budget: size(10, 10) },
  ];

  it('is a twentieth more than what is, to the next ten', () => {
    expect(budgetFor(size(2_566, 100))).toEqual(size(2_700, 110));
  });

  it('is kept by what is just as large', () => {
    expect(
      findOversize(
        rows,
        new Map([
          ['a', size(110, 210)],
          ['b', size(1, 1)],
        ]),
      ),
    ).toEqual([]);
  });

  it('says of what is larger by how much, and what to do', () => {
    expect(
      findOversize(
        rows,
        new Map([
          ['a', size(1_111, 211)],
          ['b', size(1, 1)],
        ]),
      ),
    ).toEqual([
      'a is 1,111 bytes, and may be 110: make it smaller, or run npm run sizes and say why',
      'a, with what it needs, is 211 bytes, and may be 210: make it smaller, or run npm run sizes and say why',
    ]);
  });

  it('is missed where there is none, and where there is nothing any more', () => {
    expect(
      findOversize(
        rows,
        new Map([
          ['a', size(1, 1)],
          ['c', size(1, 1)],
        ]),
      ),
    ).toEqual([
      'b is in docs/sizes.md, and is nothing that can be imported: run npm run sizes',
      'c has no budget: run npm run sizes',
    ]);
  });

  it('is read from a page as it was written', () => {
    expect(parsePage(formatPage(rows))).toEqual(rows);
  });
});

describe('a bundle', () => {
  const entries = listPublished().flatMap(({ manifest }) => listEntries(manifest));

  it.each(entries)('is empty when $specifier is imported for nothing', async ({ specifier }) => {
    const empty = await measureImport({ specifier, names: [] }, repositoryRoot);
    expect(empty).toBe(await measureImport({ specifier: 'node:fs', names: [] }, repositoryRoot));
  });

  it('of one backoff brings the checks of its options, no other backoff and no retry', async () => {
    const sources = await keptSources({ specifier: '@leveret/retry/backoff', names: ['constant'] }, repositoryRoot);
    expect(sources).toEqual(['backoff', 'constant', 'errors', 'validate'].map((name) => `retry/src/${name}.ts`));
  });

  it('of one backoff from the main entry is as small', async () => {
    const sources = await keptSources({ specifier: '@leveret/retry', names: ['exponential'] }, repositoryRoot);
    expect(sources).toEqual(['backoff', 'errors', 'exponential', 'validate'].map((name) => `retry/src/${name}.ts`));
  });

  it("of a server's schedule brings no timer that keeps it", async () => {
    const sources = await keptSources({ specifier: '@leveret/heartbeat', names: ['negotiate'] }, repositoryRoot);
    expect(sources).toContain('heartbeat/src/negotiate.ts');
    expect(sources.filter((source) => /start-heartbeat|pulse|oslo|guard|clock/.test(source))).toEqual([]);
  });

  it('of what reads a URL brings nothing that writes one, cleans logs or knows parameters', async () => {
    const sources = await keptSources({ specifier: '@leveret/url', names: ['parseTransportUrl'] }, repositoryRoot);
    expect(sources).toContain('url/src/parse.ts');
    expect(sources.filter((source) => /create|format|redact|amqp-parameters|broker-addresses/.test(source))).toEqual(
      [],
    );
  });

  const own = ['@leveret/transport', '@opentelemetry/api'];

  it('of an RPC client brings no server, no notifications and no telemetry', async () => {
    const sources = await keptSources({ specifier: '@leveret/rpc', names: ['createRpcClient'] }, repositoryRoot, own);
    expect(sources).toContain('rpc/src/client.ts');
    const others =
      /\/(?:notify|otel|server|dispatcher|request-handler|request-runner|duplicates|implement)\b(?!-options)/;
    expect(sources.filter((source) => others.test(source))).toEqual([]);
  });

  it('of an RPC server brings no client, no notifications and no telemetry', async () => {
    const sources = await keptSources({ specifier: '@leveret/rpc', names: ['createRpcServer'] }, repositoryRoot, own);
    expect(sources).toContain('rpc/src/server.ts');
    const others =
      /\/(?:notify|otel|client|request-sender|reply-waiters|reply-queue|cancel-sender|contract)\b(?!-options)/;
    expect(sources.filter((source) => others.test(source))).toEqual([]);
  });

  it('of notifications brings no client and no server of RPC', async () => {
    const sources = await keptSources({ specifier: '@leveret/rpc/notify' }, repositoryRoot, own);
    expect(sources).toContain('rpc/src/notify/notifier.ts');
    expect(sources.filter((source) => /src\/(?:client|server|dispatcher|reply-waiters)\.ts/.test(source))).toEqual([]);
  });
});
