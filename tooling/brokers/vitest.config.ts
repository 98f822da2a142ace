import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'broker',
          include: ['test/**/*.test.ts'],
          globalSetup: ['@leveret/tooling-rabbitmq/vitest'],
          testTimeout: 60_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'embedded',
          include: ['test/**/*.test.ts'],
          env: { LEVERET_TOOLING_BROKER: 'embedded' },
          testTimeout: 10_000,
        },
      },
    ],
  },
});
