import { defineConfig } from 'vitest/config';

export default defineConfig({
  // A property takes its time on a busy machine.
  test: { include: ['src/**/*.test.ts', 'test/**/*.test.ts'], testTimeout: 30_000 },
});
