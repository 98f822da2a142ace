import { existsSync, readdirSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';

/**
 * The paths that exist of those that a pattern stands for, in order; one `*` in a
 * name is any part of it. Node 20 has no globSync.
 */
export function matchingPaths(pattern: string): readonly string[] {
  const [, ...names] = resolve(pattern).split(sep);
  return names.reduce<readonly string[]>((folders, name) => folders.flatMap((folder) => within(folder, name)), [sep]);
}

function within(folder: string, name: string): readonly string[] {
  if (!name.includes('*')) return [join(folder, name)].filter((path) => existsSync(path));
  const [start = '', end = ''] = name.split('*');
  return entriesOf(folder)
    .filter((entry) => entry.length >= start.length + end.length && entry.startsWith(start) && entry.endsWith(end))
    .sort()
    .map((entry) => join(folder, entry));
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // It is no folder, or not to be read: nothing in it can be run.
    return [];
  }
}
