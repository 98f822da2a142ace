import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { matchingPaths } from '../src/matching-paths.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'leveret-paths-'));
  for (const version of ['server-3.9', 'server-3.10', 'client-1']) {
    mkdirSync(join(folder, version, 'sbin'), { recursive: true });
    writeFileSync(join(folder, version, 'sbin', 'start'), '');
  }
  writeFileSync(join(folder, 'server-file'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

const inFolder = (...names: readonly string[]): string => join(folder, ...names);

it('finds what a pattern stands for, in order', () => {
  expect(matchingPaths(inFolder('server-*', 'sbin', 's*t'))).toEqual([
    inFolder('server-3.10', 'sbin', 'start'),
    inFolder('server-3.9', 'sbin', 'start'),
  ]);
});

it('finds a path without a pattern only where it exists', () => {
  expect(matchingPaths(inFolder('client-1', 'sbin', 'start'))).toEqual([inFolder('client-1', 'sbin', 'start')]);
  expect(matchingPaths(inFolder('client-1', 'bin', 'start'))).toEqual([]);
});

it('finds nothing in what is no folder', () => {
  expect(matchingPaths(inFolder('server-file', '*'))).toEqual([]);
  expect(matchingPaths(inFolder('nowhere', '*', 'start'))).toEqual([]);
});
