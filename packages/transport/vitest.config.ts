import { defineConfig } from 'vitest/config';
import manifest from './package.json' with { type: 'json' };

const define = { LEVERET_VERSION: JSON.stringify(manifest.version) };
const suites = { include: ['test/**/*.test.ts'], fileParallelism: false, testTimeout: 30_000, hookTimeout: 240_000 };
const onEmbedded = { env: { LEVERET_TOOLING_BROKER: 'embedded' } };
// Processes of their own, which import this package as its users do: slower, and from the build.
const processes = ['test/exit.test.ts'];
// Start an embedded broker themselves: only that cuts at a frame that is named, and tells all that it was told.
const ownBroker = ['test/client-properties.test.ts', 'test/setup-sweep.test.ts'];

export default defineConfig({
  test: {
    projects: [
      // A property takes its time on a busy machine.
      { define, test: { name: 'unit', include: ['src/**/*.test.ts'], testTimeout: 30_000 } },
      {
        define,
        test: { ...suites, name: 'broker', exclude: ownBroker, globalSetup: ['@leveret/tooling-rabbitmq/vitest'] },
      },
      { define, test: { ...suites, ...onEmbedded, name: 'embedded', exclude: processes } },
      { define, test: { ...suites, ...onEmbedded, name: 'embedded-processes', include: processes } },
    ],
  },
});
