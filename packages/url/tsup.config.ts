import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/rabbitmq.ts', 'src/redact.ts', 'src/write.ts'],
  format: ['esm', 'cjs'],
  target: 'es2023',
  platform: 'neutral',
  dts: true,
  sourcemap: true,
  clean: true,
  // The entries share one Secret and one TransportUrlError, in CommonJS too.
  splitting: true,
  treeshake: true,
});
