import { expect, it } from 'vitest';
import { percentDecode, percentEncode } from './escape.js';

it.each([
  ['plain+text', 'plain+text', true],
  ['%E2%82%AC', '€', true],
  ['a%2fb%2Fc', 'a/b/c', true],
  ['%EF%BB%BFx', '\ufeffx', true],
  ['100%', '100%', false],
  ['%zz%41', '%zzA', false],
  ['%E2A%82', '\ufffdA\ufffd', false],
  ['%FF%FE', '\ufffd\ufffd', false],
  ['%EF%BB%BF%FF', '\ufeff\ufffd', false],
])('decodes %s', (text, value, wellFormed) => {
  let malformed = false;
  const decoded = percentDecode(text, () => {
    malformed = true;
  });
  expect([decoded, !malformed]).toEqual([value, wellFormed]);
});

it('encodes all but the unreserved characters', () => {
  expect(percentEncode("aZ0-._~ !'()*+/:@€")).toBe('aZ0-._~%20%21%27%28%29%2A%2B%2F%3A%40%E2%82%AC');
});
