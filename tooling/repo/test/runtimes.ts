import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';

/** What programs are tried on. */
export interface Runtime {
  /** With its version. */
  readonly name: string;
  /** What a program's file is given to: an absolute path, and what comes before that file. */
  readonly command: readonly [file: string, ...args: string[]];
  /** Whether it has npx. */
  readonly node: boolean;
}

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

function node(version: string, file: string): Runtime {
  return { name: `Node ${version}`, command: [file], node: true };
}

/** The Node that runs this. */
export function ownRuntime(): Runtime {
  return node(process.version, process.execPath);
}

/**
 * What LEVERET_RUNTIME says, a {@link Runtime} as JSON. Else the Node that runs this, and beside it the machine's own if
 * that is another one: the repository brings a newer Node for its tools, while a user of the packages may well be on the
 * older.
 */
export function listRuntimes(): readonly Runtime[] {
  const given = process.env['LEVERET_RUNTIME'];
  if (given !== undefined && given !== '') return [JSON.parse(given) as Runtime];
  const runtimes = [ownRuntime()];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const outside = folders.filter((folder) => folder !== '' && !folder.split(sep).includes('node_modules'));
  const file = outside.map((folder) => join(folder, 'node')).find((candidate) => existsSync(candidate));
  if (file !== undefined) {
    const version = execFileSync(file, ['-p', 'process.version'], { encoding: 'utf8' }).trim();
    if (version !== process.version && isSupported(version)) runtimes.push(node(version, file));
  }
  return runtimes;
}
