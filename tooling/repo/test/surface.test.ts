import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatReport } from '../src/api/report.ts';
import { readSurface, reportName, type Surface } from '../src/api/surface.ts';

let folder: string;

/** A package of two entries, with these declarations. */
function surfaceOf(files: Readonly<Record<string, string>>): Surface {
  mkdirSync(join(folder, 'dist'));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, 'dist', file), text);
  const entry = (name: string): object => ({ import: { types: `./dist/${name}.d.ts` } });
  const exports = { '.': entry('index'), './more': entry('more'), './package.json': './package.json' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'x', type: 'module', exports }));
  return readSurface(folder);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leveret-surface-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const index = `
import { S as Shape } from './chunk.js';
export { S as Shape } from './chunk.js';
/** Told. */
interface Hidden { readonly deep: Deeper }
type Deeper = 'one' | 'two';
/** Told. */
declare function zoom(shape: Shape, by: Hidden): void;
/** Told. */
declare const answer: 42;
export { zoom, answer };
`;
const files = {
  'index.d.ts': index,
  'more.d.ts': "export { S as Shape } from './chunk.js';\n",
  'chunk.d.ts': '/** Told. */\ninterface Shape { /** Why. */ readonly side: number }\nexport type { Shape as S };\n',
};

describe('the report of an entry', () => {
  it('shows what is exported by name, then what that names, without comments', () => {
    const [entry] = surfaceOf(files).entries;
    if (entry === undefined) throw new Error('there is no entry');
    expect(formatReport('x', entry)).toBe(
      [
        '# x',
        '',
        'Written by `npm run api`. A change in here is a change of what users see: it wants a changeset.',
        '',
        '```ts',
        'interface Shape {\n    readonly side: number;\n}',
        '',
        'declare const answer: 42;',
        '',
        'declare function zoom(shape: Shape, by: Hidden): void;',
        '```',
        '',
        '## Not exported, and part of the above',
        '',
        '```ts',
        "type Deeper = 'one' | 'two';",
        '',
        'interface Hidden {\n    readonly deep: Deeper;\n}',
        '```',
        '',
      ].join('\n'),
    );
  });

  it('is a file for each entry', () => {
    expect(surfaceOf(files).entries.map(({ name }) => reportName(name))).toEqual(['index.api.md', 'more.api.md']);
  });

  it('tells a name under which a thing is exported from the name that it has', () => {
    const [entry] = surfaceOf({ ...files, 'index.d.ts': 'declare class A {}\nexport { A as B };\n' }).entries;
    expect(entry && formatReport('x', entry)).toContain('// exported as B\ndeclare class A {\n}');
  });
});

describe('what has no doc comment', () => {
  it('is found among the exports of all entries, and not among what they do not export', () => {
    const chunk = 'interface Shape { readonly side: number }\nexport type { Shape as S };\n';
    expect(surfaceOf(files).undocumented).toEqual([]);
    rmSync(join(folder, 'dist'), { recursive: true });
    expect(surfaceOf({ ...files, 'chunk.d.ts': chunk }).undocumented).toEqual(['Shape']);
  });

  it('is a member of options too, and no other member', () => {
    const text =
      '/** A. */\nexport interface ZoomOptions { by: number }\n/** B. */\nexport interface Zoom { by: number }\n';
    const theirs = '/** C. */\nexport interface TheirOptions { zoom_by: number; ssl: boolean }\n';
    expect(surfaceOf({ ...files, 'more.d.ts': text + theirs }).undocumented).toEqual(['ZoomOptions.by']);
  });
});

it('a package that is not built says so', () => {
  expect(() => surfaceOf({ 'index.d.ts': 'export {};\n' })).toThrow(/more\.d\.ts exports nothing, or is not there/);
});
