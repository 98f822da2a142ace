import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shortStrings } from '../../test/codec/arbitrary-fields.js';
import { fitShortString, readShortString, shortStringSize, writeShortString } from './short-strings.js';

describe('short strings', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(shortStrings, (value) => {
        const octets = Buffer.alloc(300);
        const size = shortStringSize(value);
        const end = writeShortString(octets, 3, value, size);
        expect(octets[3]).toBe(size);
        expect(readShortString(octets, 4, end)).toBe(value);
      }),
    );
  });

  it('must be UTF-8, though they may hold what stands for what is not', () => {
    expect(() => readShortString(Buffer.from([0xff, 0x61]), 0, 2)).toThrow('FRAME_ERROR - Malformed UTF-8 in shortstr');
    expect(readShortString(Buffer.from('\ufffd'), 0, 3)).toBe('\ufffd');
  });

  it('are refused above 255 octets', () => {
    expect(shortStringSize('x'.repeat(255))).toBe(255);
    expect(() => shortStringSize('é'.repeat(128))).toThrow('A short string has at most 255 octets, this one has 256');
  });

  it('are cut to fit as RabbitMQ cuts a reply text', () => {
    expect(fitShortString('x'.repeat(255))).toBe('x'.repeat(255));
    expect(fitShortString('x'.repeat(256))).toBe(`${'x'.repeat(252)}...`);
    expect(fitShortString(`x${'é'.repeat(200)}`)).toBe(`x${'é'.repeat(125)}...`);
  });
});
