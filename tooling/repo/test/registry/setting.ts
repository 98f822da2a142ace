import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRabbitmq } from '@leveret/tooling-rabbitmq';
import type { PlannedRelease } from '../../src/release/publishing.ts';
import { listPublished, type Manifest, type Workspace } from '../../src/workspaces.ts';
import { buildAll } from '../packed.ts';
import { besides, otherPeers } from './besides.ts';
import { createProject, type Project } from './project.ts';
import { publishOthers } from './publish-others.ts';
import { type Registry, startRegistry } from './registry.ts';
import { prepareReleases, type Releases } from './releases.ts';
import { twoAtATime } from './two-at-a-time.ts';

/** A registry with the first release of our packages, and the projects of users who have installed from it. */
export interface Setting {
  /** Holds all of it, outside of the repository. */
  readonly below: string;
  readonly registry: Registry;
  readonly releases: Releases;
  /** What the first release published, and the manifests of then by name. */
  readonly first: readonly PlannedRelease[];
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** The project with nothing but this package. */
  alone(name: string): Project;
  /** The project with this package and what it is used with: its peers, and what its example imports. */
  complete(name: string): Project;
  /** The project with all of our packages, and with what they are used with. */
  readonly together: Project;
  /** The project with older peers. */
  readonly older: Project;
  /** Of a RabbitMQ. */
  readonly brokerUrl: string;
  /** Stops and removes everything. */
  end(): Promise<void>;
}

/** As npm takes it. */
function specsBesides(workspace: Workspace): readonly string[] {
  return Object.entries(besides(workspace)).map(([name, version]) => `${name}@${version}`);
}

/** Builds, publishes and installs. What was started is stopped again when something fails. */
export async function prepareSetting(): Promise<Setting> {
  const below = mkdtempSync(join(tmpdir(), 'leveret-registry-'));
  const ends: (() => unknown)[] = [() => rmSync(below, { recursive: true, force: true })];
  const end = async (): Promise<void> => {
    for (const one of ends.splice(0).reverse()) await one();
  };
  try {
    const registry = await startRegistry(below);
    ends.push(registry.stop);
    await buildAll();
    await publishOthers(registry, below);
    const releases = await prepareReleases(registry, below);
    const first = await releases.release();
    const manifests = releases.manifests();
    const projects = await installAll(registry, below);

    const given = process.env['LEVERET_RABBITMQ_URL'];
    const broker = given === undefined ? await startRabbitmq() : undefined;
    if (broker !== undefined) ends.push(() => broker.remove());
    return { below, registry, releases, first, manifests, ...projects, brokerUrl: broker?.url ?? given ?? '', end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function installAll(
  registry: Registry,
  below: string,
): Promise<Pick<Setting, 'alone' | 'complete' | 'together' | 'older'>> {
  const installs: (() => Promise<void>)[] = [];
  const projectWith = (...specs: readonly string[]): Project => {
    const project = createProject(registry, below);
    installs.push(() => project.install(...specs));
    return project;
  };
  const published = listPublished();
  const pairs = published.map((workspace) => {
    const { name } = workspace.manifest;
    const others = specsBesides(workspace);
    const alone = projectWith(name);
    return [name, { alone, complete: others.length === 0 ? alone : projectWith(name, ...others) }] as const;
  });
  const together = projectWith(...published.map(({ manifest }) => manifest.name), ...published.flatMap(specsBesides));
  const older = projectWith('@leveret/retry', ...published.flatMap((workspace) => [...otherPeers(workspace).values()]));
  await twoAtATime(installs, (install) => install());

  const byName = new Map(pairs);
  const projectsOf = (name: string): { readonly alone: Project; readonly complete: Project } => {
    const projects = byName.get(name);
    if (projects === undefined) throw new Error(`there is no package ${name}`);
    return projects;
  };
  return {
    alone: (name) => projectsOf(name).alone,
    complete: (name) => projectsOf(name).complete,
    together,
    older,
  };
}
