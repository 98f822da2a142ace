import { expect, it } from 'vitest';
import type { Result } from './results.ts';
import { formatCell, formatLeftOut, formatTable } from './table.ts';

const bun: Result = {
  runtime: 'bun',
  version: '1.4.5',
  suite: 'url',
  date: '2026-01-01',
  passed: 5,
  failed: 0,
  leftOut: [
    { file: 'src/a.test.ts', tests: 2, reason: 'it is slow there' },
    { file: 'test/b.test.ts', reason: 'it starts a server' },
  ],
};
const url = { name: 'url', package: 'url', browser: true } as const;
const rabbitmq = { name: 'url-rabbitmq', package: 'url' };

it('says in a cell what passed, what is left out, and what failed', () => {
  expect(formatCell([bun])).toBe('5 passed, 2 tests and 1 file left out');
  expect(formatCell([bun, { ...bun, passed: 3, failed: 2, leftOut: [] }])).toBe(
    '8 passed, **2 failed**, 2 tests and 1 file left out',
  );
});

it('has a line for each runtime that ran, and a column for each group of suites', () => {
  const node: Result = { ...bun, runtime: 'node20', version: '20.20.2', suite: 'url-rabbitmq', leftOut: [] };
  const columns = new Map([
    ['url', [url]],
    ['url on RabbitMQ', [rabbitmq]],
  ]);
  expect(
    formatTable([bun, node, { ...node, runtime: 'chromium', version: '150.0', suite: 'url' }], columns),
  ).toBe(`| | url | url on RabbitMQ |
|---|---|---|
| Node.js 20.20.2 | not run yet | 5 passed |
| Bun 1.4.5 | 5 passed, 2 tests and 1 file left out | not run yet |
| Chromium 150.0 | 5 passed | no |`);
});

it('lists what is left out, with the reason', () => {
  expect(formatLeftOut([bun], [url])).toBe(`| on | of | left out | because |
|---|---|---|---|
| Bun 1 | url/src/a.test.ts | 2 tests | it is slow there |
| Bun 1 | url/test/b.test.ts | the whole file | it starts a server |`);
});
