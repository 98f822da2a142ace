import { expect, it } from 'vitest';
import { judge, onlyNamed, type VitestReport } from './judge.ts';

const report: VitestReport = {
  testResults: [
    {
      name: '/leaf/src/a.test.ts',
      status: 'failed',
      assertionResults: [
        { status: 'passed', fullName: 'adds' },
        { status: 'failed', fullName: 'divides', failureMessages: ['Error: by zero\n    at x'] },
        {
          status: 'failed',
          fullName: 'prints',
          failureMessages: ['Error: not in a browser: inspect of node:util\n at x'],
        },
      ],
    },
    { name: '/leaf/test/b.test.ts', status: 'failed', message: 'cannot be loaded', assertionResults: [] },
  ],
};

const leaf = { name: 'leaf', package: 'leaf' };
const known = [{ runtime: 'chromium', package: 'leaf', file: 'test/b.test.ts', reason: 'sockets' }];

it('counts a failure of unknown reason, and a file that cannot be loaded', () => {
  expect(judge('deno', leaf, '/leaf', report, known)).toMatchObject({
    passed: 1,
    failures: [
      'src/a.test.ts | divides | Error: by zero',
      'src/a.test.ts | prints | Error: not in a browser: inspect of node:util',
      'test/b.test.ts | cannot be loaded',
    ],
    leftOut: [],
  });
});

it('leaves out what is known, and what misses a function of Node in a browser', () => {
  const verdict = judge('chromium', leaf, '/leaf', report, known);
  expect(verdict.failures).toEqual(['src/a.test.ts | divides | Error: by zero']);
  expect(verdict.leftOut).toEqual([
    { file: 'src/a.test.ts', test: 'prints', reason: 'inspect of node:util' },
    { file: 'test/b.test.ts', reason: 'sockets' },
  ]);
});

it('lets a known difference of one test excuse no other, and no file', () => {
  const one = [
    { ...known[0], file: 'src/a.test.ts', test: /^divides$/, runtime: 'bun', package: 'leaf', reason: 'slow' },
  ];
  expect(judge('bun', leaf, '/leaf', report, one)).toMatchObject({
    failures: [expect.stringContaining('prints'), expect.stringContaining('b.test.ts')],
    leftOut: [{ test: 'divides', reason: 'slow' }],
  });
});

it('takes a test that did not run for a failure', () => {
  const [file] = report.testResults;
  const skipped = [
    { ...file, name: '/leaf/c.test.ts', status: 'passed', assertionResults: [{ status: 'skipped', fullName: 'x' }] },
  ];
  expect(judge('bun', leaf, '/leaf', { testResults: skipped }, []).failures).toEqual(['c.test.ts | x | skipped']);
});

it('looks at no test that was not picked by its name', () => {
  const assertionResults = [
    { status: 'passed', fullName: 'the example on deno runs' },
    { status: 'skipped', fullName: 'the example on bun runs' },
  ];
  const whole = { testResults: [{ name: '/leaf/d.test.ts', status: 'passed', assertionResults }] };
  expect(judge('deno', leaf, '/leaf', onlyNamed(whole, ' on deno '), [])).toMatchObject({ passed: 1, failures: [] });
  expect(judge('bun', leaf, '/leaf', onlyNamed(whole, ' on bun '), [])).toMatchObject({
    passed: 0,
    failures: [expect.stringContaining('skipped')],
  });
});
