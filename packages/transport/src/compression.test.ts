import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Compression, checkCompression, compressBody, decompress, decompressSync } from './compression.js';

const TEXT = Buffer.from('{"oslo.message": "grüße"}'.repeat(100));

describe('compressBody', () => {
  it("writes kombu's gzip, which is a zlib stream", async () => {
    for (const name of ['gzip', 'zlib'] as const) {
      const { body, mediaType } = await compressBody(TEXT, name);
      expect(mediaType).toBe('application/x-gzip');
      expect(body.subarray(0, 2)).toEqual(Buffer.from([0x78, 0x9c]));
      expect(body.length).toBeLessThan(100);
    }
  });

  it.each(['gzip', 'zlib', 'brotli', 'br', ...(hasZstd() ? (['zstd'] as const) : [])] satisfies Compression[])(
    'is undone by decompress: %s',
    async (name) => {
      const { body, mediaType } = await compressBody(TEXT, name);
      const message = { body, headers: { compression: mediaType } };
      expect(await decompress(message)).toEqual(TEXT);
      expect(decompressSync(message)).toEqual(TEXT);
    },
  );

  it.each(['bzip2', 'lzma', 'xz', undefined])('is refused %s, and told what there is', async (name) => {
    const refusal = expect.objectContaining({
      code: 'ERR_LEVERET_INVALID_ARGUMENT',
      message: expect.stringMatching(/there are gzip, zlib, brotli, br.* and none/),
    });
    expect(() => checkCompression(name)).toThrow(refusal);
    await expect(compressBody(TEXT, name as Compression)).rejects.toEqual(refusal);
  });
});

describe('decompress', () => {
  it('leaves a body as it is that no header says is compressed', async () => {
    for (const headers of [{}, { compression: null }, { compression: '' }]) {
      expect(await decompress({ body: TEXT, headers })).toBe(TEXT);
      expect(decompressSync({ body: TEXT, headers })).toBe(TEXT);
    }
  });

  it('takes a real gzip file as well', () => {
    expect(decompressSync({ body: gzipSync(TEXT), headers: { compression: 'application/x-gzip' } })).toEqual(TEXT);
  });

  const CASES = {
    'a bomb': [deflateSync(Buffer.alloc(50_000_000)), 'application/x-gzip', 'too-large', 'more than 1000000 bytes'],
    garbage: [Buffer.from('no zlib stream'), 'application/x-gzip', 'damaged', 'cannot be decompressed'],
    'half a stream': [deflateSync(TEXT).subarray(0, 20), 'application/x-gzip', 'damaged', 'cannot be decompressed'],
    'a method nobody knows': [TEXT, 'application/x-bz2', 'unknown-method', 'understood are application/x-gzip'],
    'a method that is no text': [TEXT, { a: 1 }, 'unknown-method', 'understood are application/x-gzip'],
  } as const;
  it.each(Object.entries(CASES))('refuses %s', async (_, [body, compression, reason, words]) => {
    const message = { body, headers: { compression } };
    const refusal = expect.objectContaining({
      code: 'ERR_LEVERET_DECOMPRESSION',
      reason,
      message: expect.stringContaining(words),
    });
    await expect(decompress(message, { maxBytes: 1_000_000 })).rejects.toEqual(refusal);
    expect(() => decompressSync(message, { maxBytes: 1_000_000 })).toThrow(refusal);
  });

  it('refuses a limit that is none', () => {
    const message = { body: TEXT, headers: { compression: 'application/x-gzip' } };
    expect(() => decompressSync(message, { maxBytes: 0 })).toThrow('maxBytes must be a whole number');
  });
});

function hasZstd(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 8) || (major === 22 && minor >= 15);
}
