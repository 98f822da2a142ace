import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/notify.ts', 'src/otel.ts'],
  format: ['esm', 'cjs'],
  target: 'es2023',
  platform: 'node',
  dts: true,
  sourcemap: true,
  clean: true,
  treeshake: true,
  // One RpcError behind all entries, in CommonJS too.
  splitting: true,
});
