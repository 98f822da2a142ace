import { defineConfig } from 'vitest/config';

const suites = { include: ['test/**/*.test.ts'], fileParallelism: false, testTimeout: 30_000, hookTimeout: 240_000 };
const onEmbedded = { env: { LEVERET_TOOLING_BROKER: 'embedded' } };
// They start processes: Python, which has to be there, or Node on the build.
const processes = ['test/{python,interop}-*.test.ts', 'test/server-{killed,drained}.test.ts'];
// What the embedded broker is not, or what is long enough once.
const rabbitmqOnly = ['test/soak.test.ts', 'test/cluster.test.ts', 'test/dead-letter-policy.test.ts'];

export default defineConfig({
  test: {
    projects: [
      // A property takes its time on a busy machine.
      { test: { name: 'unit', include: ['src/**/*.test.ts'], testTimeout: 30_000 } },
      { test: { ...suites, name: 'broker', globalSetup: ['@leveret/tooling-rabbitmq/vitest'] } },
      { test: { ...suites, ...onEmbedded, name: 'embedded', exclude: [...processes, ...rabbitmqOnly] } },
      { test: { ...suites, ...onEmbedded, name: 'embedded-processes', include: processes } },
    ],
  },
});
