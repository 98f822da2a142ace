import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Workspace } from '../src/workspaces.ts';

const run = promisify(execFile);

/** A packed package. */
export interface Tarball {
  readonly workspace: Workspace;
  /** Absolute path of the .tgz. */
  readonly file: string;
  /** The paths in it, without the leading `package/`. */
  readonly contents: readonly string[];
}

/**
 * The environment of a user's shell: what npm and vitest put there for this process would tell an npm inside that it
 * works in this repository. How npm reaches its registry stays.
 */
export function userEnvironment(): NodeJS.ProcessEnv {
  const kept = /^npm_config_(?:registry|userconfig|globalconfig|cache|cafile|proxy|https_proxy|noproxy)$/i;
  const ours = /^(?:npm_|VITEST|TURBO_|NODE_ENV$|NODE_OPTIONS$|INIT_CWD$|LEVERET_)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.test(name) || !ours.test(name)));
}

/** Packs a package as `npm publish` would, into the given folder. */
export async function pack(workspace: Workspace, destination: string): Promise<Tarball> {
  const args = ['pack', '--json', '--pack-destination', destination];
  const { stdout } = await run('npm', args, { cwd: workspace.folder, env: userEnvironment() });
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  return { workspace, file: join(destination, packed.filename), contents: packed.files.map(({ path }) => path) };
}

/** Makes a user's project below the given folder, with this tarball installed, which needs no other; returns its folder. */
export async function installTarball({ file }: Tarball, below: string): Promise<string> {
  const folder = mkdtempSync(join(below, 'project-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'project', private: true }));
  await run('npm', ['install', file, '--ignore-scripts', '--no-audit', '--no-fund', '--offline'], {
    cwd: folder,
    env: userEnvironment(),
  });
  return folder;
}
