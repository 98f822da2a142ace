import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { listWorkspaces, repositoryRoot } from '../src/workspaces.ts';

/** One finding of the linter. */
export interface Finding {
  /** For example `lint/nursery/noFloatingPromises`. */
  readonly rule: string;
  readonly message: string;
  /** The line of the file, from 1. */
  readonly line: number;
}

interface BiomeReport {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly message: string;
    readonly location: { readonly path: string; readonly start: { readonly line: number } };
  }[];
}

/** Biome leaves with 1 when it found something, so the exit code says nothing here. */
function biome(cwd: string): Promise<string> {
  const program = join(repositoryRoot, 'node_modules', '.bin', 'biome');
  const args = ['lint', '--reporter=json', '--max-diagnostics=none', '--colors=off', '.'];
  return new Promise((resolve) => {
    execFile(program, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout) => resolve(stdout));
  });
}

/**
 * Lints files that must never be in the repository, under the repository's own rules: a copy of its configuration and
 * of every package.json, with the given files (path to text) planted in it. Returns the findings of each of them.
 */
export async function lintPlanted(
  files: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, readonly Finding[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'leveret-lint-'));
  try {
    const manifests = listWorkspaces().map((workspace) =>
      join(relative(repositoryRoot, workspace.folder), 'package.json'),
    );
    for (const file of ['biome.json', '.gitignore', 'package.json', ...manifests]) {
      cpSync(join(repositoryRoot, file), join(folder, file));
    }
    for (const [file, text] of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const { diagnostics } = JSON.parse(await biome(folder)) as BiomeReport;
    const findings = new Map([...files.keys()].map((file): [string, Finding[]] => [file, []]));
    for (const { category, message, location } of diagnostics) {
      findings.get(location.path)?.push({ rule: category, message, line: location.start.line });
    }
    return findings;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
