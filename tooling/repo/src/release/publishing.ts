import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A version that is to be released. */
export interface PlannedRelease {
  /** `tag-only`: the registry has it already. */
  readonly kind: 'publish' | 'tag-only';
  readonly name: string;
  readonly version: string;
  tag: string;
  /** Its path is relative to the folder of the release. */
  readonly tarball?: { readonly path: string };
}

interface PublishPlan {
  readonly version: number;
  readonly plan: readonly (readonly PlannedRelease[])[];
}

/** Runs a command in the repository that is released, with these variables besides its own. Rejects when it fails. */
export type Run = (command: readonly string[], env?: NodeJS.ProcessEnv) => Promise<void>;

/** How a release is made. */
export interface Publishing {
  /** Takes the tarballs. What it held before is removed. */
  readonly folder: string;
  /** The dist-tag: `latest` for a release, another one for a canary. */
  readonly tag: string;
  readonly run: Run;
}

/** Asks the registry which versions it has not, and packs those, built as they are now. */
export async function packReleases({ folder, tag, run }: Publishing): Promise<readonly PlannedRelease[]> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const file = join(folder, 'publish-plan.json');
  const readPlan = (): PublishPlan => JSON.parse(readFileSync(file, 'utf8')) as PublishPlan;
  await run(['changeset', 'publish-plan', '--output', file]);
  const plan = readPlan();
  for (const release of plan.plan.flat()) release.tag = tag;
  writeFileSync(file, JSON.stringify(plan, undefined, 2));
  await run(['changeset', 'pack', '--from-publish-plan', file, '--out-dir', folder]);
  return readPlan()
    .plan.flat()
    .filter(({ kind }) => kind === 'publish');
}

/** Publishes exactly what was packed; a release of `latest` is tagged in git as well. */
export async function publishReleases({ folder, tag, run }: Publishing, env: NodeJS.ProcessEnv): Promise<void> {
  const options = tag === 'latest' ? [] : ['--no-git-tag'];
  await run(['changeset', 'publish', '--from-pack-dir', folder, ...options], env);
}
