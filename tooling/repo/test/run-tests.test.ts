import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../src/workspaces.ts';

let root: string;

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

function writePackage(name: string, manifest: object, tests?: string): void {
  const test = 'vitest run --reporter=default --reporter=json --outputFile.json=.results/test.json';
  const scripts = tests === undefined ? {} : { scripts: { test } };
  write(
    `packages/${name}/package.json`,
    JSON.stringify({ name, version: '0.0.0', type: 'module', ...scripts, ...manifest }),
  );
  if (tests === undefined) return;
  write(`packages/${name}/some.test.js`, `import { expect, it } from 'vitest';\n${tests}\n`);
}

/** A small repository with the real turbo.json, the real runner, and packages that fail in every way there is. */
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'leveret-run-tests-'));
  cpSync(join(repositoryRoot, 'turbo.json'), join(root, 'turbo.json'));
  cpSync(join(repositoryRoot, '.gitignore'), join(root, '.gitignore'));
  cpSync(join(repositoryRoot, 'tooling/repo/src'), join(root, 'tooling/repo/src'), { recursive: true });
  symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));
  const manifest = {
    name: 'small',
    private: true,
    type: 'module',
    packageManager: 'npm@11.19.1',
    workspaces: ['packages/*'],
  };
  write('package.json', JSON.stringify(manifest));

  const copy = "node -e \"fs.cpSync('src', 'dist', { recursive: true })\"";
  writePackage('leaf', { scripts: { build: copy } });
  write('packages/leaf/src/index.js', 'export const answer = 42;\n');
  const good =
    "import { answer } from '../leaf/dist/index.js'; it('a', () => expect(answer).toBe(42)); it['skip']('b', () => {});";
  writePackage('good', { dependencies: { leaf: '0.0.0' } }, good);
  writePackage('wrong', {}, "it('a', () => expect(1).toBe(2)); it('b', () => {});");
  writePackage('unheard', {}, "it('a', () => { Promise.reject(new Error('nobody hears')); });");
  writePackage('silent', { scripts: { test: 'node -e 0' } });
  writePackage('no-build', { scripts: { build: 'node -e "process.exitCode = 3"' } });
  writePackage('needs-build', { dependencies: { 'no-build': '0.0.0' } }, "it('a', () => {});");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function runTests(...args: readonly string[]): Promise<{ exitCode: number; stderr: string; lines: readonly string[] }> {
  return new Promise((resolve) => {
    const env = { ...process.env, CI: 'true' };
    const command = [join(root, 'tooling/repo/src/run-tests.ts'), ...args];
    const child = execFile(process.execPath, command, { cwd: root, env }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stderr, lines: stdout.trimEnd().split('\n') });
    });
    child.stdin?.end();
  });
}

describe('run-tests', () => {
  it('names every failure, counts it once, and ends with the sum', async () => {
    const { exitCode, stderr, lines } = await runTests('--stage=build', '--stage=unit');
    const failures = lines.filter((line) => line.startsWith('FAILED'));
    expect(failures.toSorted()).toEqual([
      'FAILED build: no-build#build exited with 3',
      'FAILED unit: needs-build has tests, and left no test.json: its runner did not get that far',
      'FAILED unit: silent has tests, and left no test.json: its runner did not get that far',
      'FAILED unit: unheard#test exited with 1',
    ]);
    expect(lines.at(-1)).toBe('3 passed, 5 failed, 1 skipped');
    expect([exitCode, stderr]).toEqual([1, '']);
  });

  it('counts what the cache kept, and exits with 0 when nothing failed', async () => {
    const { exitCode, lines } = await runTests('--stage=unit', 'good');
    expect(lines.some((line) => /Cached: +2 cached, 2 total/.test(line))).toBe(true);
    expect([exitCode, lines.at(-1)]).toEqual([0, '1 passed, 0 failed, 1 skipped']);
  });

  it('does not believe the cache when a dependency has changed', async () => {
    write('packages/leaf/src/index.js', 'export const answer = 41;\n');
    const { exitCode, lines } = await runTests('--stage=unit', 'good');
    expect([exitCode, lines.at(-1)]).toEqual([1, '0 passed, 1 failed, 1 skipped']);
  });

  it('tells a misspelt package or stage from a failure', async () => {
    const [noPackage, noStage] = await Promise.all([runTests('godo'), runTests('--stage=unti')]);
    expect([noPackage.exitCode, noStage.exitCode]).toEqual([2, 2]);
    expect(noPackage.stderr).toMatch(/^npm test: no package is called godo; there are good, leaf,/);
    expect(noStage.stderr).toMatch(/^npm test: no stage is called unti; there are build, lint,/);
  });
});
