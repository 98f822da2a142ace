import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Lock } from '../../src/supply/lock.ts';
import type { Runtime } from '../runtimes.ts';
import { userEnvironment } from '../tarball.ts';
import type { Registry } from './registry.ts';

const run = promisify(execFile);
const programMs = 20_000;

/** A user's project: a folder outside of the repository, and what npm puts there. */
export interface Project {
  readonly folder: string;
  /** Installs these, as `npm install` takes them. */
  install(...packages: readonly string[]): Promise<void>;
  /** Brings all that is installed to the newest that the ranges let in. */
  update(): Promise<void>;
  /** The folders below node_modules, with the version in each, as package-lock.json has them. */
  installed(): Readonly<Record<string, string>>;
  /** Where npm took all that from. */
  sources(): readonly string[];
  /** Runs a program there, which must end by itself within 20 s. Resolves with what it printed. */
  run(runtime: Runtime, file: string, text: string, url?: string): Promise<string>;
}

/** Makes an empty project below the given folder. */
export function createProject(registry: Registry, below: string): Project {
  const folder = mkdtempSync(join(below, 'project-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'project', private: true }));
  const npm = async (...args: readonly string[]): Promise<void> => {
    await run('npm', args, { cwd: folder, env: registry.environment });
  };
  const locked = (): Lock => {
    const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as { packages: Lock };
    return Object.fromEntries(Object.entries(packages).filter(([at]) => at !== ''));
  };
  return {
    folder,
    install: (...packages) => npm('install', ...packages),
    // What npm has in its cache is of before a release.
    update: () => npm('update', '--prefer-online'),
    installed: () =>
      Object.fromEntries(
        Object.entries(locked()).map(([at, { version }]) => [at.slice('node_modules/'.length), version ?? 'none']),
      ),
    sources: () => Object.values(locked()).map(({ resolved }) => resolved ?? 'nowhere'),
    async run(runtime, file, text, url) {
      writeFileSync(join(folder, file), text);
      const env = { ...userEnvironment(), ...(url === undefined ? {} : { LEVERET_RABBITMQ_URL: url }) };
      const options = { cwd: folder, env, timeout: programMs, killSignal: 'SIGKILL' } as const;
      const [program, ...args] = runtime.command;
      const { stdout } = await run(program, [...args, file], options);
      return stdout;
    },
  };
}
