import { expect, it } from 'vitest';
import { mergeResults, type Result, toResult } from './results.ts';

function result(runtime: string, suite: string, passed: number, version = '1.0'): Result {
  return { runtime, version, suite, date: '2026-01-01', passed, failed: 0, leftOut: [] };
}

it('counts what is left out by file and reason, and keeps of failures their number', () => {
  const verdict = {
    runtime: 'bun',
    suite: 'url',
    passed: 3,
    failures: ['a.test.ts | adds | Error: no'],
    leftOut: [
      { file: 'a.test.ts', test: 'one', reason: 'slow' },
      { file: 'a.test.ts', test: 'two', reason: 'slow' },
      { file: 'a.test.ts', test: 'three', reason: 'odd' },
      { file: 'b.test.ts', reason: 'slow' },
    ],
  };
  expect(toResult(verdict, '1.4.5', '2026-01-02')).toEqual({
    runtime: 'bun',
    version: '1.4.5',
    suite: 'url',
    date: '2026-01-02',
    passed: 3,
    failed: 1,
    leftOut: [
      { file: 'a.test.ts', tests: 2, reason: 'slow' },
      { file: 'a.test.ts', tests: 1, reason: 'odd' },
      { file: 'b.test.ts', reason: 'slow' },
    ],
  });
});

it('takes a new result for the old one of the same suite and runtime, in the order of the tables', () => {
  const old = [result('node20', 'url', 1), result('bun', 'url', 2), result('bun', 'rpc-embedded', 3)];
  expect(mergeResults(old, [result('bun', 'rpc-embedded', 4), result('bun', 'retry', 5)])).toEqual([
    result('node20', 'url', 1),
    result('bun', 'url', 2),
    result('bun', 'retry', 5),
    result('bun', 'rpc-embedded', 4),
  ]);
});

it('keeps nothing that another version of the runtime gave, nor a suite or runtime that is no more', () => {
  const old = [result('bun', 'url', 2), result('bun', 'gone', 3), result('node18', 'url', 4), result('deno', 'url', 6)];
  expect(mergeResults(old, [result('bun', 'rpc-embedded', 5, '2.0')])).toEqual([
    result('deno', 'url', 6),
    result('bun', 'rpc-embedded', 5, '2.0'),
  ]);
});
