import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** What package-lock.json says of one installed package. */
export interface LockedPackage {
  readonly name?: string;
  readonly version?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A lock: what is installed, by its folder from the root. */
export type Lock = Readonly<Record<string, LockedPackage>>;

/** Reads package-lock.json. Throws what `node:fs` and `JSON.parse` throw. */
export function readLock(root: string): Lock {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Lock };
  return packages;
}

/** The name of what is in a folder of the lock. */
export function nameOf(lock: Lock, folder: string): string {
  return lock[folder]?.name ?? folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** The folder in which Node finds `name` from a folder of the lock, through the links to our own; undefined if nowhere. */
export function resolveLocked(lock: Lock, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = posix.dirname(folder)) {
    const at = folder === '.' || folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    const found = lock[at];
    if (found !== undefined) return found.link === true ? found.resolved : at;
    if (folder === '.' || folder === '') return undefined;
  }
}

/**
 * All that is installed with a package: folder by folder, the folders of what it depends on at run time. The package is
 * the first. Throws when a dependency is not in the lock.
 */
export function runtimeClosure(lock: Lock, folder: string): ReadonlyMap<string, readonly string[]> {
  const closure = new Map<string, readonly string[]>();
  const visit = (at: string): void => {
    if (closure.has(at)) return;
    const { dependencies = {}, optionalDependencies = {} } = lock[at] ?? {};
    const found = Object.keys({ ...dependencies, ...optionalDependencies }).map((name) => {
      const place = resolveLocked(lock, at, name);
      if (place === undefined) throw new Error(`package-lock.json has no ${name} for ${at}: run npm install`);
      return place;
    });
    closure.set(at, found);
    for (const place of found) visit(place);
  };
  visit(folder);
  return closure;
}
