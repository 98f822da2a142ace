import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NOTHING } from './contenders.ts';

/** What loading cost a fresh process. */
export interface ImportCost {
  /** User and system time of the whole process, all of its threads, in ms. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

const run = promisify(execFile);

/** Writes the program of `measureImport` into a folder with `node_modules`, and returns its path. */
export function writeProgram(folder: string): string {
  const file = join(folder, 'load.mjs');
  writeFileSync(
    file,
    `const [, , specifier] = process.argv;
const [cpu, wall] = [process.cpuUsage(), performance.now()];
await import(specifier === '${NOTHING}' ? 'node:fs' : specifier);
const [{ user, system }, wallMs] = [process.cpuUsage(cpu), performance.now() - wall];
process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1000, wallMs }));
process.exit();
`,
  );
  return file;
}

/** Loads it in a process of its own. Rejects when it cannot be loaded. */
export async function measureImport(program: string, specifier: string, signal: AbortSignal): Promise<ImportCost> {
  const { stdout } = await run(process.execPath, [program, specifier], { signal, timeout: 30_000 });
  return JSON.parse(stdout) as ImportCost;
}
