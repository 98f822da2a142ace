import { join, resolve } from 'node:path';

/** The folder that holds the whole repository. */
export const repositoryRoot: string = resolve(import.meta.dirname, '../../..');

/** What is downloaded for these runs, and what they leave. In no commit, and may be deleted. */
export const cacheFolder: string = join(repositoryRoot, '.cache/runtimes');

/** The packages whose suites run. */
export const leaves: readonly string[] = ['url', 'retry', 'heartbeat'];

/** The folder of a leaf. */
export function leafFolder(leaf: string): string {
  return join(repositoryRoot, 'packages', leaf);
}
