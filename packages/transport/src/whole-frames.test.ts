import fc from 'fast-check';
import { expect, it } from 'vitest';
import { frameOf } from './testing/handshake.js';
import { WholeFrames } from './whole-frames.js';

const MOST = 100_000;

/** All that can be taken. */
function taken(frames: WholeFrames): Buffer[] {
  const all: Buffer[] = [];
  for (let next = frames.take(); next !== undefined; next = frames.take()) all.push(next);
  return all;
}

/** What becomes of bytes that come in pieces of these lengths, in turn, each of which is written over once it is added. */
function readInPieces(bytes: Buffer, lengths: readonly number[], isBorrowed: boolean): Buffer[] {
  const frames = new WholeFrames(MOST);
  const all: Buffer[] = [];
  for (let from = 0, i = 0; from < bytes.length; i += 1) {
    const to = from + (lengths[i % lengths.length] as number);
    const piece = Buffer.from(bytes.subarray(from, to));
    frames.add(piece, isBorrowed);
    if (isBorrowed) piece.fill(0xee);
    all.push(...taken(frames));
    from = to;
  }
  expect(frames.inFrame).toBe(false);
  return all;
}

it('hands over whole frames, unchanged and in order, however their bytes come', () => {
  const frame = fc
    .record({
      payload: fc.constantFrom(0, 1, 20, 4_000, 16_375, 16_376, 65_536),
      type: fc.constantFrom(1, 2, 3, 8),
      octet: fc.nat(255),
    })
    .map(({ payload, type, octet }) => frameOf(type, 1, Buffer.alloc(payload, octet)));
  const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 31, max: 200_000 })), {
    minLength: 1,
    maxLength: 10,
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), lengths, fc.boolean(), (frames, pieces, isBorrowed) => {
      const bytes = Buffer.concat(frames);
      const handed = readInPieces(bytes, pieces, isBorrowed);
      expect(Buffer.concat(handed).equals(bytes)).toBe(true);
      const ends = new Set(frames.map((_, i) => Buffer.concat(frames.slice(0, i + 1)).length));
      let end = 0;
      for (const { length } of handed) {
        end += length;
        expect(ends).toContain(end);
      }
    }),
  );
});

it('gives a large frame memory of its own', () => {
  const frames = new WholeFrames(MOST);
  const small = frameOf(1, 1, Buffer.alloc(10));
  const large = frameOf(3, 1, Buffer.alloc(20_000));
  frames.add(Buffer.concat([small, small, large, small]), true);
  const [before, alone, after] = taken(frames);
  expect([before?.length, alone?.length, after?.length]).toEqual([2 * small.length, large.length, small.length]);
  expect(alone?.buffer.byteLength).toBe(large.length);
});

it('copies nothing that it may keep and that is whole', () => {
  const frames = new WholeFrames(MOST);
  const small = frameOf(1, 1, Buffer.alloc(10));
  const large = frameOf(3, 1, Buffer.alloc(20_000));
  const bytes = Buffer.concat([small, large]);
  frames.add(bytes, false);
  expect(taken(frames).map(({ buffer }) => buffer === bytes.buffer)).toEqual([true, true]);
});

it.each([true, false])('knows that it is in the middle of a frame (header there: %s)', (hasHeader) => {
  const frames = new WholeFrames(MOST);
  const frame = frameOf(3, 1, Buffer.alloc(10));
  expect(frames.inFrame).toBe(false);
  frames.add(frame.subarray(0, hasHeader ? 9 : 3), true);
  expect(frames.inFrame).toBe(true);
  expect(taken(frames)).toEqual([]);
  frames.add(frame.subarray(hasHeader ? 9 : 3), true);
  expect(frames.inFrame).toBe(false);
  expect(taken(frames)).toEqual([frame]);
});

it.each([7, 6])('hands over the header alone of a frame that claims too much, %d bytes of it at once', (first) => {
  const frames = new WholeFrames(MOST);
  const header = Buffer.from([3, 0, 1, 0x40, 0, 0, 0]);
  frames.add(header.subarray(0, first), true);
  frames.add(header.subarray(first), true);
  expect(taken(frames)).toEqual([header]);
  expect(frames.inFrame).toBe(false);
});
