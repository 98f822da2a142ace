import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

/** Bytes that an entry adds to a page: bundled, minified, compressed. */
async function size(entry: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [new URL(`../src/${entry}.ts`, import.meta.url).pathname],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    write: false,
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}

it.each([
  ['session', 1700],
  ['index', 2700],
  ['attempts', 2800],
  ['backoffs', 1800],
  ['budget', 950],
  ['plan', 2800],
  ['sleep', 650],
  ['timeout', 800],
  ['testing', 700],
])('%s is at most %i bytes', async (entry, budget) => {
  expect(await size(entry)).toBeLessThanOrEqual(budget);
});
