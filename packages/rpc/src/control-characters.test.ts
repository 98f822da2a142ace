import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasControlBytes, hasControlCharacters } from './control-characters.js';

const plain = (text: string): boolean => [...text].some((character) => character < ' ');

describe('control characters', () => {
  it('are those below the space', () => {
    for (let code = 0; code < 0x180; code += 1) {
      expect(hasControlCharacters(`abc${String.fromCharCode(code)}d`), `U+${code.toString(16)}`).toBe(code < 0x20);
    }
  });

  it('are found wherever they are, and nothing else is', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '~', '\u007f', '\u0080', 'ÿ', '€', '😀', ' '), maxLength: 40 });
    const control = fc.constantFrom('', '', '\u0000', '\n', '\u001f');
    fc.assert(
      fc.property(text, control, text, (before, character, after) => {
        const whole = before + character + after;
        expect(hasControlCharacters(whole)).toBe(plain(whole));
        expect(hasControlBytes(Buffer.from(whole))).toBe(plain(whole));
      }),
    );
  });

  it.each([16_383, 16_384, 16_385, 40_000])('are found behind %i others', (length) => {
    for (const unit of ['x', 'é', '€', '😀']) {
      const text = unit.repeat(length);
      expect(hasControlCharacters(text)).toBe(false);
      expect(hasControlCharacters(`${text}\t`)).toBe(true);
      expect(hasControlBytes(Buffer.from(text))).toBe(false);
      expect(hasControlBytes(Buffer.from(`${text}\t`))).toBe(true);
    }
  });

  it('of the text before are forgotten', () => {
    expect(hasControlCharacters('\n'.repeat(100))).toBe(true);
    expect(hasControlCharacters('x')).toBe(false);
    expect(hasControlBytes(Buffer.from('xyz'))).toBe(false);
  });
});
