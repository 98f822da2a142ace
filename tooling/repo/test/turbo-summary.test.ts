import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { takeFailedTasks } from '../src/turbo-summary.ts';

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'leveret-summary-'));
  file = join(folder, 'run.json');
});
afterAll(() => rmSync(folder, { recursive: true }));

function writeSummary(): void {
  const tasks = [
    { package: 'a', task: 'build', execution: { exitCode: 0 } },
    { package: 'b', task: 'test', execution: { exitCode: 3 } },
    { package: 'c', task: 'test' },
  ];
  writeFileSync(file, JSON.stringify({ tasks }));
}

it('names the tasks that failed, and removes the summary', () => {
  writeSummary();
  expect(takeFailedTasks(`b: done\nSummary:    ${file}\n`)).toEqual([{ package: 'b', task: 'test', exitCode: 3 }]);
  expect(existsSync(file)).toBe(false);
});

it('reads the line also where turbo colours it, on a terminal', () => {
  writeSummary();
  expect(takeFailedTasks(`\u001b[1mSummary:    ${file}\u001b[0m\r\n`)).toHaveLength(1);
});

it('knows no summary from an empty one', () => {
  expect(takeFailedTasks('turbo could not start\n')).toBeUndefined();
});
