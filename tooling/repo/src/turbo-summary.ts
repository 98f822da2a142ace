import { existsSync, readFileSync, rmSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

/** A task that turbo ran and that failed. */
export interface FailedTask {
  /** For example `@leveret/url`. */
  readonly package: string;
  /** For example `build`. */
  readonly task: string;
  readonly exitCode: number;
}

interface RunSummary {
  readonly tasks: readonly {
    readonly package: string;
    readonly task: string;
    readonly execution?: { readonly exitCode: number | null };
  }[];
}

/**
 * Which tasks failed, out of the summary that `turbo run --summarize` names at the end of its output. Undefined if
 * there is none (turbo itself failed). The summary file is removed: its only reader has read it.
 */
export function takeFailedTasks(output: string): readonly FailedTask[] | undefined {
  const file = /^Summary:\s+(\S.*\.json)\s*$/m.exec(stripVTControlCharacters(output))?.[1];
  if (file === undefined || !existsSync(file)) return undefined;
  const { tasks } = JSON.parse(readFileSync(file, 'utf8')) as RunSummary;
  rmSync(file);
  return tasks.flatMap(({ package: name, task, execution }) => {
    if (execution === undefined || execution.exitCode === 0) return [];
    return [{ package: name, task, exitCode: execution.exitCode ?? 128 }];
  });
}
