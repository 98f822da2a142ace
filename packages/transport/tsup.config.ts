import { defineConfig } from 'tsup';
import manifest from './package.json' with { type: 'json' };

export default defineConfig({
  entry: ['src/index.ts', 'src/shared.ts'],
  format: ['esm', 'cjs'],
  target: 'es2023',
  platform: 'node',
  define: { LEVERET_VERSION: JSON.stringify(manifest.version) },
  // import.meta.url, in CommonJS too.
  shims: true,
  dts: true,
  sourcemap: true,
  clean: true,
  treeshake: true,
  // One map of the listeners on a signal, whichever entries are loaded.
  splitting: true,
});
