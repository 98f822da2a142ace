import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

// Bytes of the whole entry, bundled, minified and gzipped.
it.each([
  ['index', 2_500],
  ['redact', 1_000],
  ['rabbitmq', 2_000],
  ['write', 3_300],
])('%s weighs no more than %i bytes', async (entry, budget) => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../src/${entry}.ts`, import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
  });
  expect(gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length).toBeLessThanOrEqual(budget);
});
