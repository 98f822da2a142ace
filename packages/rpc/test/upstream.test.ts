import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const rows = readFileSync(join(import.meta.dirname, 'upstream.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/u.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, number = '', upstream = '', file = '', name = '']) => ({ number, upstream, file, name }));

it('each of the 99 behaviours of oslo.messaging’s tests has its row, in their order', () => {
  const numbers = rows.flatMap(({ number }) => {
    const [first = Number.NaN, last = first] = number.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  expect(numbers).toEqual(Array.from({ length: 99 }, (_, index) => index + 1));
});

it.each(rows.filter(({ file }) => file !== '–'))('$number, $upstream, is a test of ours', ({ file, name }) => {
  const text = readFileSync(join(import.meta.dirname, '../..', file.replaceAll('`', '')), 'utf8');
  expect(text).toContain(name);
});

it('what has no equivalent says why', () => {
  const without = rows.filter(({ file }) => file === '–');
  expect(without.map(({ name }) => name.length > 10)).not.toContain(false);
});
