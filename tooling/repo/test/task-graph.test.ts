import { execFile } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../src/workspaces.ts';
import { userEnvironment } from './tarball.ts';

const run = promisify(execFile);

interface DryRun {
  readonly tasks: readonly { readonly taskId: string; readonly hash: string; readonly command: string }[];
}

let copy: string;
let before: ReadonlyMap<string, string>;

/** The hashes of the tasks there are, by names such as `url#test`. */
async function hashes(): Promise<ReadonlyMap<string, string>> {
  const turbo = join(repositoryRoot, 'node_modules/.bin/turbo');
  const { stdout } = await run(turbo, [`--cwd=${copy}`, 'run', 'build', 'test', '--dry=json'], {
    env: { ...userEnvironment(), TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
    maxBuffer: 64 * 1024 * 1024,
  });
  const { tasks } = JSON.parse(stdout) as DryRun;
  const real = tasks.filter(({ command }) => command !== '<NONEXISTENT>');
  return new Map(real.map(({ taskId, hash }) => [taskId.replace('@leveret/', ''), hash]));
}

/** Which tasks run again after a line was added to a file: those whose hash is another one then. */
async function runAgain(file: string): Promise<readonly string[]> {
  const path = join(copy, file);
  const text = readFileSync(path);
  appendFileSync(path, '\n');
  try {
    const after = await hashes();
    return [...after].flatMap(([task, hash]) => (before.get(task) === hash ? [] : [task])).toSorted();
  } finally {
    writeFileSync(path, text);
  }
}

// The files that turbo would see in a clone, and git, by which it sees them.
beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'leveret-task-graph-'));
  const inRoot = { cwd: repositoryRoot, env: userEnvironment(), maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], inRoot);
  for (const file of stdout.split('\0').filter((name) => name !== '' && existsSync(join(repositoryRoot, name)))) {
    mkdirSync(join(copy, dirname(file)), { recursive: true });
    copyFileSync(join(repositoryRoot, file), join(copy, file));
  }
  await run('git', ['init', '--quiet'], { cwd: copy, env: userEnvironment() });
  await run('git', ['add', '--all'], { cwd: copy, env: userEnvironment() });
  before = await hashes();
}, 60_000);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('a change reruns the tests of what it can break, and no others', { timeout: 30_000 }, () => {
  it.each([
    ['packages/url', ['demo', 'rpc', 'tooling-faults', 'transport', 'url']],
    ['packages/retry', ['demo', 'retry', 'rpc', 'tooling-faults', 'transport']],
    ['packages/heartbeat', ['demo', 'heartbeat', 'rpc', 'tooling-faults', 'transport']],
    ['packages/transport', ['demo', 'rpc', 'tooling-faults', 'transport']],
    ['packages/rpc', ['demo', 'rpc']],
    ['packages/broker', ['broker', 'demo', 'rpc', 'tooling-brokers', 'tooling-faults', 'transport']],
  ])('in the source of %s', async (folder, packages) => {
    const again = await runAgain(`${folder}/src/index.ts`);
    expect(again.filter((task) => task.endsWith('#test'))).toEqual(packages.map((name) => `${name}#test`));
  });

  it('in a test: those of its own package, and nothing is built', async () => {
    expect(await runAgain('packages/url/src/parse.test.ts')).toEqual(['url#test']);
  });

  it('in a README: those that read it, and nothing is built', async () => {
    expect(await runAgain('packages/url/README.md')).toEqual(['tooling-runtimes#test', 'url#test']);
    expect(await runAgain('README.md')).toEqual(['tooling-runtimes#test']);
    expect(await runAgain('docs/rooms.md')).toEqual([]);
  });

  it('in the lock: all of them', async () => {
    const again = await runAgain('package-lock.json');
    expect(again).toEqual([...before.keys()].toSorted());
  });
});
