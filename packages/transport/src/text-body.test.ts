import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TextBody } from './text-body.js';

const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', 'é', '€', '😀', 'x'.repeat(1_000)),
);

it('is the bytes of its pieces in UTF-8, one after the other', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
      const bytes = Buffer.concat(pieces.map((each) => Buffer.from(each)));
      const body = new TextBody(pieces);
      expect(body.length).toBe(bytes.length);
      expect(body.toBuffer().equals(bytes)).toBe(true);
    }),
  );
});

it('is written where it should be, and nowhere else', () => {
  const into = Buffer.alloc(12, '.');
  expect(new TextBody(['a', 'bé', 'c']).writeTo(into, 3)).toBe(8);
  expect(into.toString()).toBe('...abéc....');
});
