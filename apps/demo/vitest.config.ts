import { defineConfig } from 'vitest/config';

// Whole runs of the demo, one after the other.
const runs = { testTimeout: 120_000, hookTimeout: 240_000, fileParallelism: false };

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts'] } },
      { test: { ...runs, name: 'embedded', include: ['test/embedded/**/*.test.ts'] } },
      {
        test: {
          ...runs,
          name: 'broker',
          include: ['test/broker/**/*.test.ts'],
          globalSetup: ['@leveret/tooling-rabbitmq/vitest'],
        },
      },
    ],
  },
});
