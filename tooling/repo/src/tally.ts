import { existsSync, readFileSync } from 'node:fs';

/** How many tests ended which way. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** Skipped and to-do. */
  readonly skipped: number;
}

/** Nothing has run. */
export const emptyTally: Tally = { passed: 0, failed: 0, skipped: 0 };

/** The sum of two tallies. */
export function addTallies(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** The line everything ends with: `12 passed, 0 failed`, with `, 1 skipped` behind it if there are any. */
export function formatTally({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/**
 * Adds up one file of vitest's json reporter; undefined if the file is not there. A test file that could not even be
 * loaded reports no test at all: it counts as one failed. Throws when the file is no such report.
 */
export function readTally(file: string): Tally | undefined {
  if (!existsSync(file)) return undefined;
  const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((assertion) => assertion.status !== 'failed'),
  );
  const tally = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
  if (Object.values(tally).some((count) => !Number.isSafeInteger(count))) {
    throw new TypeError(`${file} is not a report of vitest's json reporter`);
  }
  return tally;
}
