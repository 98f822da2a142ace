import type { Manifest } from '../workspaces.ts';

/** What is known before a release. */
export interface Situation {
  /** The dist-tag: `latest` for a release, another one for a canary. */
  readonly tag: string;
  readonly pendingChangesets: readonly string[];
  /** What git calls changed. */
  readonly uncommitted: readonly string[];
  readonly manifests: readonly Manifest[];
  readonly env: NodeJS.ProcessEnv;
  /** Asked for in so many words: the first version of a package, which npm lets nobody publish by trust. */
  readonly withoutProvenance: boolean;
}

/** Why nothing may be published now, a sentence each that says what to do. */
export function findObstacles(situation: Situation): readonly string[] {
  return [...treeObstacles(situation), ...(situation.withoutProvenance ? [] : provenanceObstacles(situation))];
}

function treeObstacles({ tag, pendingChangesets, uncommitted, manifests }: Situation): readonly string[] {
  const unversioned = manifests.filter(({ version }) => version === '0.0.0').map(({ name }) => name);
  const obstacles: string[] = [];
  if (pendingChangesets.length > 0) {
    obstacles.push(`${pendingChangesets.length} changesets are no versions yet: run npm run version, and commit it`);
  } else if (unversioned.length > 0) {
    obstacles.push(`without a version and a changeset: ${unversioned.join(', ')}`);
  }
  // A canary's versions are of the moment, and are never committed.
  if (tag === 'latest' && uncommitted.length > 0) {
    obstacles.push(`${uncommitted.length} files are not committed: what is published must be in git`);
  }
  return obstacles;
}

function provenanceObstacles({ manifests, env }: Situation): readonly string[] {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = env;
  if (env['ACTIONS_ID_TOKEN_REQUEST_URL'] === undefined || server === undefined || repository === undefined) {
    return [
      'no provenance here: only a workflow with `id-token: write` can sign it, so let .github/workflows/release.yml publish; ' +
        'for the first version of a new package, which npm trusts no workflow with, see CONTRIBUTING.md',
    ];
  }
  const address = `git+${server}/${repository}.git`;
  const elsewhere = manifests.filter((manifest) => manifest.repository?.url !== address).map(({ name }) => name);
  if (elsewhere.length === 0) return [];
  return [`npm compares provenance with \`repository\`: set its url to ${address} in ${elsewhere.join(', ')}`];
}
