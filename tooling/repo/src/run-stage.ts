import { basename, join } from 'node:path';
import { type CommandOptions, runCommand } from './run-command.ts';
import type { Stage } from './stages.ts';
import { addTallies, emptyTally, readTally, type Tally } from './tally.ts';
import { type FailedTask, takeFailedTasks } from './turbo-summary.ts';
import type { Workspace } from './workspaces.ts';

/** What a stage came to. */
export interface StageResult {
  readonly stage: Stage;
  readonly seconds: number;
  /** What the test runners reported. */
  readonly tally: Tally;
  /** What failed without a failed test to show for it, a sentence each. Every one counts as one failed. */
  readonly problems: readonly string[];
}

/** Which packages a stage covers; without one, all that have its task. */
export type Selection = ReadonlySet<string> | undefined;

/** Runs one stage and adds up what it left behind. */
export async function runStage(
  stage: Stage,
  workspaces: readonly Workspace[],
  selection: Selection,
  options: CommandOptions,
): Promise<StageResult> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(stage.limitMinutes * 60_000)]);
  const filters = stage.task === undefined ? [] : [...(selection ?? [])].map((name) => `--filter=${name}`);
  const { exitCode, seconds, tail } = await runCommand([...stage.command, ...filters], { ...options, signal });

  const problems: string[] = [];
  let tally = emptyTally;
  if (signal.aborted) {
    problems.push(
      options.signal.aborted ? 'interrupted' : `ended after ${stage.limitMinutes} minutes without a result`,
    );
  }
  const crashed = new Map(failedTasks(stage, tail).map((task) => [task.package, task]));
  if (stage.report !== undefined) {
    for (const { folder, manifest } of workspaces) {
      if (manifest.scripts?.[stage.task ?? ''] === undefined) continue;
      if (selection !== undefined && !selection.has(manifest.name)) continue;
      const report = readReport(join(folder, stage.report));
      if (typeof report === 'string') {
        problems.push(`${manifest.name} ${report}`);
        crashed.delete(manifest.name);
        continue;
      }
      tally = addTallies(tally, report);
      if (report.failed > 0) crashed.delete(manifest.name);
    }
  }
  for (const task of crashed.values()) problems.push(`${task.package}#${task.task} exited with ${task.exitCode}`);
  if (exitCode !== 0 && tally.failed === 0 && problems.length === 0) problems.push(`exited with ${exitCode}`);
  return { stage, seconds, tally, problems };
}

/** A failed dependency is the business of its own stage, so only this stage's task counts. */
function failedTasks(stage: Stage, output: string): readonly FailedTask[] {
  if (stage.task === undefined) return [];
  return (takeFailedTasks(output) ?? []).filter(({ task }) => task === stage.task);
}

function readReport(file: string): Tally | string {
  try {
    const tally = readTally(file);
    if (tally === undefined) return `has tests, and left no ${basename(file)}: its runner did not get that far`;
    if (tally.passed + tally.failed + tally.skipped === 0) return 'has a test script, and no test';
    return tally;
  } catch (error) {
    return `left a report that cannot be read: ${String(error)}`;
  }
}
