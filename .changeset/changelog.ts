// How `changeset version` writes a line of a changelog. It asks nobody: what it links follows from the address alone.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Changeset {
  readonly summary: string;
  /** The commit that brought it, in full. */
  readonly commit?: string;
}

interface Dependency {
  readonly name: string;
  readonly newVersion: string;
}

/** Writes the lines of changelogs that link to this address; without an address they name commits and link nothing. */
export function createChangelog(address: string | undefined): {
  getReleaseLine(changeset: Changeset): string;
  getDependencyReleaseLine(changesets: readonly Changeset[], dependencies: readonly Dependency[]): string;
} {
  const link = (text: string, path: string): string => (address === undefined ? text : `[${text}](${address}/${path})`);
  return {
    getReleaseLine({ summary, commit }) {
      const told = summary.trim().replace(/(?<![\w/[])#(\d+)\b/g, (text, number) => link(text, `issues/${number}`));
      const [first = '', ...rest] = told.split('\n').map((line) => line.trimEnd());
      const source = commit === undefined ? '' : ` (${link(commit.slice(0, 7), `commit/${commit}`)})`;
      // Behind the whole text, for the first line may end within a sentence.
      const lines = [`- ${first}`, ...rest.map((line) => (line === '' ? '' : `  ${line}`))];
      return lines.join('\n') + source;
    },
    getDependencyReleaseLine(_changesets, dependencies) {
      const names = dependencies.map(({ name, newVersion }) => {
        const tag = `${name}@${newVersion}`;
        return link(tag, `releases/tag/${encodeURIComponent(tag)}`);
      });
      return names.length === 0 ? '' : `- Brings ${names.join(', ')}.`;
    },
  };
}

/** The page of the repository, without a slash at the end: what the root package.json says, else where CI runs. */
export function findAddress(root: string, env: NodeJS.ProcessEnv): string | undefined {
  const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    repository?: { readonly url: string };
  };
  if (repository !== undefined) return repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = env;
  return server === undefined || name === undefined ? undefined : `${server}/${name}`;
}

const changelog: ReturnType<typeof createChangelog> = createChangelog(
  findAddress(join(import.meta.dirname, '..'), process.env),
);
export default changelog;
