import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const start = `
import { startHeartbeat } from './src/index.ts';
for (const mode of ['one-way', 'ping-pong']) {
  startHeartbeat({ bytesRead: 0, bytesWritten: 0 }, { intervalMs: 600_000, mode, beat() {}, lost() {} });
}
`;

it('a thread in which nothing but heartbeats is left ends', { timeout: 20_000 }, async () => {
  const { outputFiles } = await build({
    stdin: { contents: start, resolveDir: fileURLToPath(new URL('..', import.meta.url)), loader: 'ts' },
    bundle: true,
    format: 'cjs',
    write: false,
  });
  const thread = new Worker(outputFiles[0]?.text ?? '', { eval: true });
  const [code] = await once(thread, 'exit');
  expect(code).toBe(0);
});
