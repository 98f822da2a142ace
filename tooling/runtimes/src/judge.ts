import { relative } from 'node:path';
import { type KnownDifference, reasonInError } from './known.ts';
import type { Suite } from './suites.ts';

/** What vitest's json reporter writes, as far as it is read. */
export interface VitestReport {
  readonly testResults: readonly {
    /** Absolute path of the file. */
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** How a suite ended on a runtime. */
export interface Verdict {
  readonly runtime: string;
  readonly suite: string;
  readonly passed: number;
  /** One line for each test, or file, that failed for no known reason. */
  readonly failures: readonly string[];
  /** What failed for a known reason; a whole file when `test` is missing. */
  readonly leftOut: readonly { readonly file: string; readonly test?: string; readonly reason: string }[];
}

/** A report of the tests that were picked by this in their names; the others of their files are told as skipped. */
export function onlyNamed(report: VitestReport, inName: string): VitestReport {
  const testResults = report.testResults.map((file) => ({
    ...file,
    assertionResults: file.assertionResults.filter(({ fullName }) => fullName.includes(inName)),
  }));
  return { testResults };
}

/** Sorts the failures of a report into those with a known reason and the others. */
export function judge(
  runtime: string,
  suite: Pick<Suite, 'name' | 'package'>,
  folder: string,
  report: VitestReport,
  known: readonly KnownDifference[],
): Verdict {
  let passed = 0;
  const failures: string[] = [];
  const leftOut: { file: string; test?: string; reason: string }[] = [];
  const applicable = known.filter((one) => one.runtime === runtime && one.package === suite.package);

  const sort = (file: string, test: string | undefined, message: string): void => {
    const match = applicable.find(
      (one) => one.file === file && (one.test === undefined || (test !== undefined && one.test.test(test))),
    );
    const reason = match?.reason ?? reasonInError(runtime, message);
    const [firstLine = ''] = message.split('\n');
    if (reason === undefined) failures.push([file, test, firstLine].filter((part) => part !== undefined).join(' | '));
    else leftOut.push({ file, ...(test === undefined ? {} : { test }), reason });
  };

  for (const { name, status, message, assertionResults } of report.testResults) {
    const file = relative(folder, name);
    const failed = assertionResults.filter((result) => result.status === 'failed');
    passed += assertionResults.filter((result) => result.status === 'passed').length;
    for (const { fullName, failureMessages } of failed) sort(file, fullName, failureMessages?.join('\n') ?? '');
    // A file that could not be loaded, or whose hooks failed.
    if (status === 'failed' && failed.length === 0) sort(file, undefined, message ?? '');
    const other = assertionResults.find((result) => result.status !== 'passed' && result.status !== 'failed');
    if (other !== undefined && status !== 'failed') failures.push(`${file} | ${other.fullName} | ${other.status}`);
  }
  return { runtime, suite: suite.name, passed, failures, leftOut };
}
