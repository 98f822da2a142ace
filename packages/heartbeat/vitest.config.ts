import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The example imports the package as its users do, and is tested without a build.
  resolve: {
    alias: [{ find: /^@leveret\/heartbeat$/, replacement: fileURLToPath(new URL('src/index.ts', import.meta.url)) }],
  },
  // A property takes its time on a busy machine.
  test: { include: ['src/**/*.test.ts', 'test/**/*.test.ts'], testTimeout: 30_000 },
});
