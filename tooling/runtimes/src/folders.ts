import { join, resolve } from 'node:path';

/** The folder that holds the whole repository. */
export const repositoryRoot: string = resolve(import.meta.dirname, '../../..');

/** What is downloaded for these runs, and what they leave. In no commit, and may be deleted. */
export const cacheFolder: string = join(repositoryRoot, '.cache/runtimes');
