import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

it('is told of in the README, event by event', async () => {
  const [source, readme] = await Promise.all([read('./events.ts'), read('../README.md')]);
  const declared = Array.from(source.matchAll(/readonly type: '([a-z-]+)'/g), ([, type]) => type);
  const [table = ''] = /(?<=## Events\n)[\s\S]*?(?=## )/.exec(readme) ?? [];
  const rows = table.split('\n').flatMap((line) => line.split(' | ')[0]?.match(/(?<=`)[a-z]+(-[a-z]+)+(?=`)/g) ?? []);
  expect(declared.length).toBeGreaterThan(10);
  expect(rows.toSorted()).toEqual(declared.toSorted());
});
