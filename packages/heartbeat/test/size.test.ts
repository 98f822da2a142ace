import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

/** Bytes of the entry, or of some of its exports, bundled, minified and gzipped. */
async function size(names: string, ...files: readonly string[]): Promise<number> {
  const { outputFiles } = await build({
    stdin: {
      contents: files.map((file) => `export ${names} from './src/${file}.ts';`).join('\n'),
      resolveDir: fileURLToPath(new URL('..', import.meta.url)),
      loader: 'ts',
    },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    write: false,
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}

it('@leveret/heartbeat stays under 2900 bytes, with all it exports', async () => {
  expect(await size('*', 'index')).toBeLessThanOrEqual(2_900);
});

it('startHeartbeat alone stays under 2600 bytes', async () => {
  expect(await size('{ startHeartbeat }', 'index')).toBeLessThanOrEqual(2_600);
});

it('the decisions and the wheel stay under 1420 bytes', async () => {
  expect(await size('*', 'pulse', 'wheel')).toBeLessThanOrEqual(1_420);
});

it('@leveret/heartbeat/testing stays under 4400 bytes', async () => {
  expect(await size('*', 'testing')).toBeLessThanOrEqual(4_400);
});
