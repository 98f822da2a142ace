import { defineConfig } from 'tsup';
import manifest from './package.json' with { type: 'json' };

const shared = {
  target: 'es2023',
  platform: 'node',
  define: { LEVERET_VERSION: JSON.stringify(manifest.version) },
  sourcemap: true,
  treeshake: true,
} as const;

export default defineConfig([
  { ...shared, entry: ['src/index.ts'], format: ['esm', 'cjs'], dts: true },
  // The command line takes the broker from beside itself: it is in the package once.
  { ...shared, entry: ['src/main.ts'], format: ['esm'], dts: false, external: ['./index.js'] },
]);
