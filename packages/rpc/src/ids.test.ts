import { expect, it } from 'vitest';
import { newId } from './ids.js';

it('makes a uuid4 without dashes, as oslo does, and never the same twice', () => {
  // More than one filling of the pool.
  const ids = Array.from({ length: 1_000 }, newId);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  expect(new Set(ids).size).toBe(1_000);
});

it('leaves every other bit to chance', () => {
  const ids = Array.from({ length: 1_000 }, () => BigInt(`0x${newId()}`));
  // Each bit is 1 in some of a thousand ids and 0 in others; that one is not has a chance of 2^-999.
  const ones = ids.reduce((all, id) => all | id, 0n).toString(16);
  const zeros = ids.reduce((all, id) => all & id).toString(16);
  expect(ones).toBe(`${'f'.repeat(12)}4fffbfffffffffffffff`);
  expect(zeros.padStart(32, '0')).toBe(`${'0'.repeat(12)}40008${'0'.repeat(15)}`);
});
