import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Query } from './query.js';

const query = new Query(
  new Map([
    ['a', '1'],
    ['key_password', 'hunter2'],
  ]),
);

it('is a map', () => {
  expect([query.size, query.has('a'), query.get('a'), query.get('b')]).toEqual([2, true, '1', undefined]);
  expect([...query.keys()]).toEqual(['a', 'key_password']);
  expect([...query.values()]).toEqual(['1', 'hunter2']);
  expect([...query.entries()]).toEqual([...query]);
  const seen: unknown[] = [];
  query.forEach(function (this: unknown, value, name, all) {
    seen.push([this, name, value, all === query]);
  }, 'self');
  expect(seen).toEqual([
    ['self', 'a', '1', true],
    ['self', 'key_password', 'hunter2', true],
  ]);
});

it('prints nothing of itself', () => {
  const prints = [JSON.stringify(query), String(query), inspect(query, { showHidden: true, depth: 9 })];
  prints.push(inspect(query, { customInspect: false }), inspect(structuredClone(query)));
  for (const print of prints) expect(print).not.toMatch(/hunter2|key_password/);
});
