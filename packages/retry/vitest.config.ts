import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (file: string): string => fileURLToPath(new URL(`src/${file}.ts`, import.meta.url));

export default defineConfig({
  // The examples import the package as its users do, and are tested without a build.
  resolve: {
    alias: [
      { find: /^@leveret\/retry$/, replacement: source('index') },
      { find: /^@leveret\/retry\/(http|undici)$/, replacement: source('$1') },
    ],
  },
  test: { include: ['src/**/*.test.ts', 'test/**/*.test.ts'] },
});
