import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** The package of a specifier: `@leveret/rpc` of `@leveret/rpc/notify`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/**
 * Makes a folder, below that of temporary files, with the packages of these specifiers and what they depend on in its
 * `node_modules`, copied flat, as npm puts them for a user: a workspace is linked, and each link costs. Returns it.
 */
export function installCopies(specifiers: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'leveret-imports-'));
  const done = new Set<string>();
  const copy = (name: string, from: string): void => {
    if (done.has(name)) return;
    done.add(name);
    const manifest = findPackageJSON(name, from);
    if (manifest === undefined) throw new Error(`${name} is not installed: run npm ci.`);
    const target = join(folder, 'node_modules', name);
    mkdirSync(dirname(target), { recursive: true });
    // A workspace is a link here, which would be copied as one.
    cpSync(realpathSync(dirname(manifest)), target, {
      recursive: true,
      filter: (path) => basename(path) !== 'node_modules',
    });
    const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies?: object };
    for (const needed of Object.keys(dependencies)) copy(needed, manifest);
  };
  for (const specifier of specifiers) copy(packageOf(specifier), import.meta.filename);
  return folder;
}
