import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from './codec/frames.js';
import { FrameWalker } from './frame-walker.js';

const frames = [3, 0, 20].map((size) => encodeFrame(3, 1, Buffer.alloc(size, 'x')));
const stream = Buffer.concat(frames);
const ends = [11, 19, 47];

function findIn(pieces: readonly Buffer[], n: number, edge: 'middle' | 'end'): number | undefined {
  const walker = new FrameWalker();
  let before = 0;
  for (const piece of pieces) {
    const at = walker.find(piece, n, edge);
    if (at !== undefined) return before + at;
    before += piece.length;
  }
  return undefined;
}

describe('walking over frames', () => {
  it('stops at the end of the n-th, however they were cut', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: stream.length - 1 }));
    fc.assert(
      fc.property(cuts, fc.integer({ min: 1, max: 3 }), (places, n) => {
        const sorted = [0, ...places.sort((a, b) => a - b), stream.length];
        const pieces = sorted.slice(1).map((end, index) => stream.subarray(sorted[index], end));
        expect(findIn(pieces, n, 'end')).toBe(ends[n - 1]);
      }),
    );
  });

  it('stops within the n-th: after its header, before its last octet', () => {
    for (const [n, from, to] of [
      [1, 7, 11],
      [2, 18, 19],
      [3, 26, 47],
    ] as const) {
      const at = findIn([stream], n, 'middle');
      expect(at).toBeGreaterThanOrEqual(from);
      expect(at).toBeLessThan(to);
    }
  });

  it('finds nothing where there are fewer', () => {
    expect(findIn([stream], 4, 'end')).toBeUndefined();
  });
});
