import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './folders.ts';
import type { Verdict } from './judge.ts';
import { runtimes } from './runtimes.ts';
import { suites } from './suites.ts';

/** How a suite ended on a runtime, as it is kept. */
export interface Result {
  readonly runtime: string;
  /** Of the runtime. */
  readonly version: string;
  readonly suite: string;
  /** Of the run, as YYYY-MM-DD. */
  readonly date: string;
  readonly passed: number;
  readonly failed: number;
  readonly leftOut: readonly LeftOut[];
}

/** Tests of a file that fail there for a known reason. */
export interface LeftOut {
  readonly file: string;
  /** How many; undefined where it is the whole file. */
  readonly tests?: number;
  readonly reason: string;
}

/** What all documents about runtimes are made from. */
const resultsFile: string = join(repositoryRoot, 'docs/runtimes.json');

/** What the last runs gave. */
export function readResults(): readonly Result[] {
  return JSON.parse(readFileSync(resultsFile, 'utf8')) as readonly Result[];
}

/** Writes what {@link readResults} reads. */
export function writeResults(results: readonly Result[]): void {
  writeFileSync(resultsFile, `${JSON.stringify(results, undefined, 2)}\n`);
}

/** What is kept of a verdict: what is left out is counted by file and reason, and a failure is only a number. */
export function toResult(
  { runtime, suite, passed, failures, leftOut }: Verdict,
  version: string,
  date: string,
): Result {
  const groups = new Map<string, LeftOut>();
  for (const { file, test, reason } of leftOut) {
    const key = JSON.stringify([file, test === undefined, reason]);
    const tests = (groups.get(key)?.tests ?? 0) + 1;
    groups.set(key, test === undefined ? { file, reason } : { file, tests, reason });
  }
  return { runtime, version, suite, date, passed, failed: failures.length, leftOut: [...groups.values()] };
}

/**
 * The results with those of a new run in the place of the old ones, in the order of the tables. A runtime that has another
 * version now keeps nothing of the old one.
 */
export function mergeResults(old: readonly Result[], fresh: readonly Result[]): readonly Result[] {
  const kept = old.filter(
    (one) =>
      !fresh.some(
        ({ runtime, version, suite }) => one.runtime === runtime && (one.suite === suite || one.version !== version),
      ),
  );
  return runtimes.flatMap((runtime) =>
    suites.flatMap((suite) =>
      [...kept, ...fresh].filter((one) => one.runtime === runtime.name && one.suite === suite.name),
    ),
  );
}
