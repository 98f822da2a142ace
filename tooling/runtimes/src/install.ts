import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canInstallDebianPackages, installDebianPackages, runProgram } from '@leveret/tooling-rabbitmq';
import { cacheFolder } from './folders.ts';
import type { Runtime } from './runtimes.ts';

/**
 * Brings a runtime into the cache folder, unless it is there in this version, and what Debian has of it onto the
 * machine. Resolves with the version that it says it is. Throws when that cannot be done here.
 */
export async function installRuntime(runtime: Runtime): Promise<string> {
  await installPackages(runtime);
  const { debian } = runtime;
  if (debian !== undefined && !existsSync(debian.file)) {
    if (!canInstallDebianPackages()) throw new Error(`${debian.file} is missing; install ${debian.package}`);
    await installDebianPackages(debian.package);
  }
  const [file = '', ...args] = runtime.version;
  const { status, stdout, stderr } = await runProgram(file, args);
  const version = /\d+\.\d+[\d.]*/.exec(stdout)?.[0];
  if (status !== 0 || version === undefined) throw new Error(`${file} does not start: ${stderr}`);
  return version;
}

async function installPackages({ name, packages }: Runtime): Promise<void> {
  const folder = join(cacheFolder, name);
  const wanted = Object.entries(packages).map(([key, version]) => `${key}@${version}`);
  // Written last: an installation that broke off is done again.
  const stamp = join(folder, 'installed.json');
  const text = JSON.stringify(wanted);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === text) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  process.stderr.write(`leveret: installing ${wanted.join(' ')} …\n`);
  const options = [
    '--no-save',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    '--legacy-peer-deps',
    '--ignore-scripts',
  ];
  const { status, stderr } = await runProgram('npm', ['install', '--prefix', folder, ...options, ...wanted]);
  if (status !== 0) throw new Error(`npm could not install ${wanted.join(' ')}:\n${stderr}`);
  writeFileSync(stamp, text);
}
