import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startRabbitmq } from '@leveret/tooling-rabbitmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listPublished, type Workspace } from '../src/workspaces.ts';
import { startCommand } from './command.ts';
import { packAll } from './packed.ts';
import { firstExample, importedPackages, toCommonJs } from './readme-example.ts';
import { listRuntimes, type Runtime } from './runtimes.ts';
import { installTarballs, type Tarball, userEnvironment, withDependencies } from './tarball.ts';

const run = promisify(execFile);
let tarballs: ReadonlyMap<string, Tarball>;
const runtimes = listRuntimes();
let below: string;

beforeAll(async () => {
  below = mkdtempSync(join(tmpdir(), 'leveret-tarballs-'));
  tarballs = await packAll(below);
});
afterAll(() => rmSync(below, { recursive: true, force: true }));

let broker: Promise<{ url: string; remove(): Promise<void> }> | undefined;
afterAll(async () => (await broker)?.remove());

/** One broker for all examples, started when the first of them needs it. */
async function brokerUrl(): Promise<string> {
  const given = process.env['LEVERET_RABBITMQ_URL'];
  if (given !== undefined) return given;
  broker ??= startRabbitmq();
  return (await broker).url;
}

function read(workspace: Workspace, file: string): string {
  return readFileSync(join(workspace.folder, file), 'utf8');
}

/** Runs a program in a user's project. It must end by itself: what is still running after 20 s is killed, and fails. */
async function runProgram(
  runtime: Runtime,
  project: string,
  file: string,
  text: string,
  url?: string,
): Promise<string> {
  writeFileSync(join(project, file), text);
  const env = { ...userEnvironment(), ...(url === undefined ? {} : { LEVERET_RABBITMQ_URL: url }) };
  const [start, ...args] = runtime.command;
  const { stdout } = await run(start, [...args, file], { cwd: project, env, timeout: 20_000, killSignal: 'SIGKILL' });
  return stdout;
}

/** What the example imports besides our packages, in the version that the package is tested with. */
function exampleDependencies(workspace: Workspace, example: string): Readonly<Record<string, string>> {
  const { dependencies = {} } = workspace.manifest;
  const others = importedPackages(example).filter((name) => !tarballs.has(name) && !(name in dependencies));
  return testedVersions(workspace, others);
}

function testedVersions({ manifest }: Workspace, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.map((name) => {
      const version = manifest.devDependencies?.[name];
      if (version === undefined) throw new Error(`${name} is no devDependency of ${manifest.name}.`);
      return [name, version];
    }),
  );
}

function oneInstance(specifiers: readonly string[]): string {
  return `
const assert = require('node:assert');
(async () => {
  for (const specifier of ${JSON.stringify(specifiers)}) {
    const required = require(specifier);
    const imported = await import(specifier);
    const names = Object.keys(imported).filter((name) => name !== 'module.exports');
    assert.ok(names.length > 0, specifier + ' exports nothing');
    for (const name of names) assert.strictEqual(required[name], imported[name], specifier + ' has two of ' + name);
  }
  console.log('one of each');
})();
`;
}

describe.each(listPublished().map((workspace) => ({ name: workspace.manifest.name, workspace })))(
  '$name, packed',
  ({ name, workspace }) => {
    let example: string;
    let project: string;
    // The same project, unless the example needs more than the package.
    let exampleProject: string;
    // The same project, unless the package has peers: some of its entries need them.
    let completeProject: string;
    let installed: readonly Tarball[];
    let url: string | undefined;

    beforeAll(async () => {
      example = read(workspace, 'examples/readme.ts');
      installed = withDependencies(name, tarballs);
      project = await installTarballs(installed, below);
      const others = exampleDependencies(workspace, example);
      exampleProject = Object.keys(others).length === 0 ? project : await installTarballs(installed, below, others);
      const peers = testedVersions(workspace, Object.keys(workspace.manifest.peerDependencies ?? {}));
      completeProject = Object.keys(peers).length === 0 ? project : await installTarballs(installed, below, peers);
      if (installed.some((tarball) => tarball.workspace.manifest.name === '@leveret/transport'))
        url = await brokerUrl();
    });

    it('brings along the packages of ours that it names, and no other', () => {
      const ours = readdirSync(join(project, 'node_modules', '@leveret')).map((folder) => `@leveret/${folder}`);
      expect(ours.toSorted()).toEqual(installed.map((tarball) => tarball.workspace.manifest.name).toSorted());
      if (installed.every((tarball) => Object.keys(tarball.workspace.manifest.dependencies ?? {}).length === 0)) {
        expect(readdirSync(join(project, 'node_modules')).filter((entry) => !entry.startsWith('.'))).toEqual([
          '@leveret',
        ]);
      }
    });

    it('has a README whose first example is examples/readme.ts', () => {
      expect(firstExample(read(workspace, 'README.md'))).toBe(example);
    });

    describe.each(runtimes)('on $name', (runtime) => {
      it('runs that example by import', async () => {
        expect(await runProgram(runtime, exampleProject, 'example.mjs', example, url)).not.toBe('');
      });

      it('runs that example by require', async () => {
        const program = toCommonJs(example);
        expect(await runProgram(runtime, exampleProject, 'example.cjs', program, url)).not.toBe('');
      });

      it('is there once, however it is loaded', async () => {
        const entries = Object.keys(workspace.manifest.exports ?? {}).filter((entry) => entry !== './package.json');
        const program = oneInstance(entries.map((entry) => name + entry.slice(1)));
        expect(await runProgram(runtime, completeProject, 'one-instance.cjs', program)).toBe('one of each\n');
      });
    });
  },
);

describe.each(runtimes.filter(({ node }) => node))('@leveret/broker, packed, as a command on $name', (runtime) => {
  let project: string;

  beforeAll(async () => {
    project = await installTarballs(withDependencies('@leveret/broker', tarballs), below);
  });

  it('says its version', async () => {
    const { manifest } = tarballs.get('@leveret/broker')?.workspace ?? {};
    const { ended } = startCommand(runtime, project, ['@leveret/broker', '--version']);
    expect(await ended).toEqual({ status: 0, stdout: `${manifest?.version}\n`, stderr: '' });
  });

  it('is a broker until it is told to end', async () => {
    const { ended, firstLine } = startCommand(runtime, project, ['@leveret/broker', '--port', '0', '--json']);
    const { host, port, pid } = JSON.parse(await firstLine) as { host: string; port: number; pid: number };
    try {
      expect(await firstOctet(host, port, 'AMQP\0\0\u0009\u0001')).toBe(1);
    } finally {
      process.kill(pid, 'SIGTERM');
    }
    expect(await ended).toMatchObject({ status: 0, stderr: '' });
  });

  it('does not outlive the npx that started it', async () => {
    const { ended, firstLine, terminate } = startCommand(runtime, project, [
      '@leveret/broker',
      '--port',
      '0',
      '--json',
    ]);
    await firstLine;
    terminate();
    expect(await ended).toMatchObject({ stderr: '' });
  });
});

/** Sends octets to a server, and resolves with the first one of its answer. */
async function firstOctet(host: string, port: number, octets: string): Promise<number | undefined> {
  const socket = connect(port, host);
  try {
    socket.write(octets, 'latin1');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer[0];
  } finally {
    socket.destroy();
  }
}
