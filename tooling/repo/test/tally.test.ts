import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatTally, readTally } from '../src/tally.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'leveret-tally-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function written(text: string): string {
  const file = join(folder, 'report.json');
  writeFileSync(file, text);
  return file;
}

const counts = { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 };

it('counts what vitest counted, and a to-do among the skipped', () => {
  const testResults = [{ status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] }];
  expect(readTally(written(JSON.stringify({ ...counts, testResults })))).toEqual({ passed: 5, failed: 1, skipped: 3 });
});

it('counts a test file that could not be loaded as one failed', () => {
  const testResults = [{ status: 'failed', assertionResults: [] }];
  expect(readTally(written(JSON.stringify({ ...counts, numFailedTests: 0, testResults })))?.failed).toBe(1);
});

it('knows a missing report from an empty one', () => {
  expect(readTally(join(folder, 'none.json'))).toBeUndefined();
});

it('refuses what is no report', () => {
  expect(() => readTally(written('{"testResults":[]}'))).toThrow(TypeError);
  expect(() => readTally(written('{'))).toThrow(SyntaxError);
});

it('says skipped only where something was', () => {
  expect(formatTally({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
  expect(formatTally({ passed: 12, failed: 3, skipped: 1 })).toBe('12 passed, 3 failed, 1 skipped');
});
