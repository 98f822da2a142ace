import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { byWebAssembly, byWords, createLowByteSearch } from './low-byte-search.js';

describe.each([byWebAssembly, byWords])('a search %o', (create) => {
  const search = create();

  it('finds each byte below 0x20, wherever it is, and no other', () => {
    for (const bytes of [1, 3, 15, 16, 17, 33, 100]) {
      for (let at = 0; at < bytes; at += 1) {
        for (const byte of [0x00, 0x0a, 0x1f, 0x20, 0x7f, 0x80, 0x9f, 0xff]) {
          search.memory.fill('x', 0, bytes);
          search.memory[at] = byte;
          expect(search.hasLowByte(bytes)).toBe(byte < 0x20);
        }
      }
    }
  });

  it('heeds all bytes it is told of and none behind them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (all, count) => {
        const bytes = Math.min(count, all.length);
        search.memory.fill(0);
        search.memory.set(all);
        expect(search.hasLowByte(bytes)).toBe(all.subarray(0, bytes).some((byte) => byte < 0x20));
      }),
    );
  });

  it('takes 48 kB and up to fifteen bytes more', () => {
    search.memory.fill('x');
    expect(search.memory.length).toBe(65_536);
    expect(search.hasLowByte(49_152)).toBe(false);
    search.memory[49_151] = 0x1f;
    expect(search.hasLowByte(49_152)).toBe(true);
    expect(search.hasLowByte(49_151)).toBe(false);
  });
});

it.each([
  ['is missing', undefined],
  [
    'may not compile',
    {
      Module: class {
        constructor() {
          throw new Error('disallowed by the embedder');
        }
      },
    },
  ],
])('is done in JavaScript where WebAssembly %s', (_, webAssembly) => {
  vi.stubGlobal('WebAssembly', webAssembly);
  const search = createLowByteSearch();
  vi.unstubAllGlobals();
  search.memory.write('text\nof two lines');
  expect(search.hasLowByte(4)).toBe(false);
  search.memory.write('text\nof two lines');
  expect(search.hasLowByte(17)).toBe(true);
});
