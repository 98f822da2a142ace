import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repositoryRoot } from '../src/workspaces.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly on: unknown;
  readonly permissions?: unknown;
  readonly jobs: Readonly<
    Record<
      string,
      { readonly permissions?: unknown; readonly 'timeout-minutes'?: number; readonly steps: readonly Step[] }
    >
  >;
}

const files = globSync('.github/**/*.yml', { cwd: repositoryRoot }).sort();
const workflows = files.filter((file) => file.startsWith('.github/workflows/'));

function read(file: string): string {
  return readFileSync(join(repositoryRoot, file), 'utf8');
}

/** The `uses:` lines of a file that are not pinned by a commit, with the version behind it, and are not of this repository. */
function unpinned(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => /^\s*(?:- )?uses:/.test(line));
  return lines
    .map((line) => line.trim())
    .filter((line) => !/uses: (?:\.\/\S+|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/.test(line));
}

describe('a pinned action', () => {
  const hash = '0123456789abcdef0123456789abcdef01234567';

  it.each([`  - uses: a/b@${hash} # v1.2.3`, `    uses: a/b/c@${hash} # v1.2.3`, '- uses: ./.github/actions/prepare'])(
    'is %s',
    (line) => expect(unpinned(line)).toEqual([]),
  );

  it.each(['- uses: a/b@v1', '- uses: a/b@main # v1.2.3', `uses: a/b@${hash}`, `uses: a/b@${hash.slice(1)} # v1.2.3`])(
    'is not %s',
    (line) => expect(unpinned(line)).toEqual([line]),
  );
});

describe('.github', () => {
  it('has workflows, and all its files are YAML', () => {
    expect(workflows.length).toBeGreaterThan(0);
    for (const file of files) expect(parse(read(file)), file).toBeTypeOf('object');
  });

  it('pins every action of others by a commit, with its version in a comment', () => {
    expect(files.flatMap((file) => unpinned(read(file)).map((line) => `${file}: ${line}`))).toEqual([]);
  });

  it('pins every version of an action by one commit only', () => {
    const commits = new Map<string, Set<string>>();
    for (const [, repository = '', commit = '', version = ''] of files.flatMap((file) => [
      ...read(file).matchAll(/uses: ([\w.-]+\/[\w.-]+)[\w./-]*@(\w+) # (\S+)/g),
    ])) {
      const action = `${repository} ${version}`;
      commits.set(action, (commits.get(action) ?? new Set()).add(commit));
    }
    expect([...commits].filter(([, { size }]) => size > 1)).toEqual([]);
  });
});

describe.each(workflows)('%s', (file) => {
  const workflow = parse(read(file)) as Workflow;
  const jobs = Object.entries(workflow.jobs);

  it('gives no permission to all jobs, and each job the ones it needs', () => {
    expect(workflow.permissions).toEqual({});
    expect(jobs.filter(([, job]) => job.permissions === undefined).map(([name]) => name)).toEqual([]);
  });

  it('ends every job that hangs', () => {
    expect(jobs.filter(([, job]) => job['timeout-minutes'] === undefined).map(([name]) => name)).toEqual([]);
  });

  it('leaves no token in a checkout', () => {
    const steps = jobs.flatMap(([, job]) => job.steps).filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(steps.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
  });

  it('puts nothing that others wrote into a shell, and runs no code of theirs with our permissions', () => {
    const shells = jobs.flatMap(([, job]) => job.steps).flatMap(({ run }) => (run === undefined ? [] : [run]));
    expect(shells.filter((shell) => /\$\{\{\s*github\.(?:event|head_ref)/.test(shell))).toEqual([]);
    expect(JSON.stringify(workflow.on)).not.toContain('pull_request_target');
  });

  it('asks for no script that is not there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const shells = JSON.stringify(workflow).matchAll(/npm run ([\w:-]+)/g);
    expect([...shells].map(([, name = '']) => name).filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});
