// `npm run release`: builds, checks and packs what is to be published, with an SBOM each, into .release/, and shows it.
// With `--publish` it then publishes exactly that. `--tag=canary` publishes under another dist-tag, without git tags.

import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { askGit } from '../git.ts';
import { readLock } from '../supply/lock.ts';
import { createSbom } from '../supply/sbom.ts';
import { listPublished, repositoryRoot } from '../workspaces.ts';
import { pendingChangesets } from './changes.ts';
import { findObstacles } from './obstacles.ts';
import { type PlannedRelease, type Publishing, packReleases, publishReleases } from './publishing.ts';
import { removeBuilds } from './remove-builds.ts';

class ReleaseError extends Error {}

const folder = join(repositoryRoot, '.release');

async function run(command: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<void> {
  const [file = '', ...args] = command;
  const path = [join(repositoryRoot, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
  const env = { ...process.env, PATH: path, TURBO_TELEMETRY_DISABLED: '1', ...more };
  const { status, error } = spawnSync(file, args, { cwd: repositoryRoot, env, stdio: 'inherit' });
  if (status !== 0) throw new ReleaseError(`${command.join(' ')} ${error ? `failed: ${error.message}` : 'failed'}`);
}

function writeSboms(releases: readonly PlannedRelease[]): void {
  const lock = readLock(repositoryRoot);
  const published = listPublished();
  const versions = new Map(published.map(({ manifest: { name, version } }) => [name, version]));
  mkdirSync(join(folder, 'sbom'));
  for (const { name, tarball } of releases) {
    const workspace = published.find(({ manifest }) => manifest.name === name);
    if (workspace === undefined || tarball === undefined) throw new ReleaseError(`${name} was not packed`);
    const sbom = createSbom({
      lock,
      folder: relative(repositoryRoot, workspace.folder),
      versions,
      sha512: createHash('sha512')
        .update(readFileSync(join(folder, tarball.path)))
        .digest('hex'),
      serialNumber: `urn:uuid:${randomUUID()}`,
      timestamp: new Date().toISOString(),
    });
    const file = basename(tarball.path, '.tgz');
    writeFileSync(join(folder, 'sbom', `${file}.cdx.json`), `${JSON.stringify(sbom, undefined, 2)}\n`);
  }
}

function show(releases: readonly PlannedRelease[]): void {
  console.log('\nTo be published, by what the registry has not yet; all of it is in .release/:\n');
  for (const { name, version, tag, tarball } of releases) {
    const bytes = tarball === undefined ? 0 : statSync(join(folder, tarball.path)).size;
    console.log(
      `  ${`${name}@${version}`.padEnd(32)} ${tag.padEnd(8)} ${(bytes / 1000).toFixed(1).padStart(7)} kB packed`,
    );
  }
  console.log('');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      publish: { type: 'boolean', default: false },
      tag: { type: 'string', default: 'latest' },
      'without-provenance': { type: 'boolean', default: false },
    },
  });
  const { publish, tag, 'without-provenance': withoutProvenance } = values;
  const obstacles = findObstacles({
    tag,
    pendingChangesets: [...pendingChangesets(repositoryRoot).keys()],
    uncommitted: (askGit(repositoryRoot, 'status', '--porcelain') ?? '').split('\n').filter((line) => line !== ''),
    manifests: listPublished().map(({ manifest }) => manifest),
    env: process.env,
    withoutProvenance,
  });
  if (publish && obstacles.length > 0) {
    throw new ReleaseError(['nothing was published:', ...obstacles.map((line) => `- ${line}`)].join('\n'));
  }

  removeBuilds(listPublished());
  await run([
    'turbo',
    'run',
    'build',
    'check:package',
    'check:api',
    '--filter=./packages/*',
    '--output-logs=errors-only',
  ]);
  const publishing: Publishing = { folder, tag, run };
  const releases = await packReleases(publishing);
  writeSboms(releases);
  show(releases);

  if (!publish) {
    console.log('Nothing was published: this was a dry run.');
    for (const obstacle of obstacles) console.log(`Before it can be: ${obstacle}.`);
    return;
  }
  await publishReleases(publishing, withoutProvenance ? {} : { NPM_CONFIG_PROVENANCE: 'true' });
}

try {
  await main();
} catch (error) {
  console.error(error instanceof ReleaseError ? `npm run release: ${error.message}` : error);
  process.exitCode = 1;
}
