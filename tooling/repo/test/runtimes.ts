import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';

/** A Node that programs are tried on. */
export interface Runtime {
  readonly version: string;
  /** Absolute path of the program. */
  readonly file: string;
}

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

/**
 * The Node that runs this, and beside it the machine's own if that is another one: the repository brings a newer Node
 * for its tools, while a user of the packages may well be on the older.
 */
export function listRuntimes(): readonly Runtime[] {
  const runtimes: Runtime[] = [{ version: process.version, file: process.execPath }];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const outside = folders.filter((folder) => folder !== '' && !folder.split(sep).includes('node_modules'));
  const file = outside.map((folder) => join(folder, 'node')).find((candidate) => existsSync(candidate));
  if (file !== undefined) {
    const version = execFileSync(file, ['-p', 'process.version'], { encoding: 'utf8' }).trim();
    if (version !== process.version && isSupported(version)) runtimes.push({ version, file });
  }
  return runtimes;
}
