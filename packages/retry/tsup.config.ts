import { defineConfig } from 'tsup';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/testing.ts',
    'src/attempts.ts',
    'src/backoffs.ts',
    'src/budget.ts',
    'src/plan.ts',
    'src/session.ts',
    'src/sleep.ts',
    'src/timeout.ts',
    'src/http.ts',
    'src/undici.ts',
    'src/breaker.ts',
    'src/hedge.ts',
  ],
  format: ['esm', 'cjs'],
  target: 'es2023',
  platform: 'neutral',
  dts: true,
  sourcemap: true,
  clean: true,
  treeshake: true,
  // One WeakMap behind `retryInfo`, whichever entries are loaded.
  splitting: true,
});
