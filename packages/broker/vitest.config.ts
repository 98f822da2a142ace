import { defineConfig } from 'vitest/config';
import manifest from './package.json' with { type: 'json' };

const define = { LEVERET_VERSION: JSON.stringify(manifest.version) };

export default defineConfig({
  test: {
    projects: [
      {
        define,
        // A key or a property takes its time on a busy machine.
        test: { name: 'unit', include: ['src/**/*.test.ts', 'test/clients/**/*.test.ts'], testTimeout: 30_000 },
      },
      {
        define,
        test: {
          name: 'broker',
          include: ['test/**/*.test.ts'],
          exclude: ['test/clients/**'],
          globalSetup: ['@leveret/tooling-rabbitmq/vitest'],
          testTimeout: 30_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
