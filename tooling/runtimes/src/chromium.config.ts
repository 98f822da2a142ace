// vitest's configuration in a browser: that of the package, and Chromium around it. `--root` says which package.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { mergeConfig, type ViteUserConfig } from 'vitest/config';
import type { BrowserProviderOption } from 'vitest/node';
import { absentModules } from './browser/absent-modules.ts';
import { cacheFolder } from './folders.ts';
import { chromiumFile } from './runtimes.ts';

interface Provider {
  readonly playwright: (options: object) => BrowserProviderOption;
}

const { root } = parseArgs({ strict: false, options: { root: { type: 'string' } } }).values;
const folder = String(root);
const own = (await import(pathToFileURL(join(folder, 'vitest.config.ts')).href)) as { default: ViteUserConfig };
const inCache = createRequire(join(cacheFolder, 'chromium/package.json'));
const provider = pathToFileURL(inCache.resolve('@vitest/browser-playwright')).href;
const { playwright } = (await import(provider)) as Provider;

// Chromium has no sandbox for root.
const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

const config: ViteUserConfig = mergeConfig(own.default, {
  plugins: [absentModules()],
  // Not in the package's folder.
  cacheDir: join(cacheFolder, 'vite'),
  optimizeDeps: { include: ['fast-check'] },
  // With both, the page has a clock of 5 µs instead of 100.
  server: {
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
  test: {
    api: { host: '127.0.0.1' },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath: chromiumFile, args } }),
      instances: [{ browser: 'chromium' }],
    },
  },
});

export default config;
