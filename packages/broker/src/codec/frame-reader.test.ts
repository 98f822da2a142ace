import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tableOf } from './field-table.js';
import { encodeFrame, type Frame, FrameReader, type FrameType, HEARTBEAT_FRAME } from './frames.js';
import { encodeProperties } from './properties.js';

function readAll(chunks: readonly Buffer[], maxFrameSize = 4096): Frame[] {
  const reader = new FrameReader(maxFrameSize);
  const frames: Frame[] = [];
  for (const chunk of chunks) reader.read(chunk, (frame) => frames.push(frame));
  expect(reader.pending).toBe(0);
  return frames;
}

function split(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
  return places.slice(1).map((end, index) => stream.subarray(places[index], end));
}

const frames = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constantFrom<FrameType>(1, 2, 3),
      channel: fc.nat(0xffff),
      payload: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    }),
    fc.constant<Frame>({ type: 8, channel: 0, payload: Buffer.alloc(0) }),
  ),
  { maxLength: 8 },
);

describe('frame reader', () => {
  it('reads what was written, however it was split', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 12 }), (written, cuts) => {
        const stream = Buffer.concat(written.map(({ type, channel, payload }) => encodeFrame(type, channel, payload)));
        expect(readAll(split(stream, cuts))).toEqual(written);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads octet by octet', () => {
    const stream = Buffer.concat([encodeFrame(1, 7, Buffer.from('hello')), HEARTBEAT_FRAME]);
    expect(readAll(Array.from(stream, (octet) => Buffer.from([octet])))).toEqual([
      { type: 1, channel: 7, payload: Buffer.from('hello') },
      { type: 8, channel: 0, payload: Buffer.alloc(0) },
    ]);
  });

  it('reads a frame header that comes in three reads', () => {
    const stream = encodeFrame(3, 2, Buffer.from('body'));
    const chunks = [stream.subarray(0, 2), stream.subarray(2, 5), stream.subarray(5)];
    expect(readAll(chunks)).toEqual([{ type: 3, channel: 2, payload: Buffer.from('body') }]);
  });

  it('does not copy what came in one piece', () => {
    const stream = encodeFrame(3, 2, Buffer.from('body'));
    expect(readAll([stream])[0]?.payload.buffer).toBe(stream.buffer);
  });

  it('does not keep a view of a chunk that the socket may reuse', () => {
    const stream = encodeFrame(3, 2, Buffer.from('body'));
    const reader = new FrameReader(4096);
    const read: string[] = [];
    const first = Buffer.from(stream.subarray(0, 9));
    reader.read(first, () => {});
    first.fill(0);
    reader.read(stream.subarray(9), ({ payload }) => read.push(payload.toString()));
    expect(read).toEqual(['body']);
  });

  it('takes frames of the largest size, and payloads of it, as RabbitMQ does', () => {
    for (const size of [4088, 4089, 4096]) {
      expect(readAll([encodeFrame(3, 1, Buffer.alloc(size))])[0]?.payload).toHaveLength(size);
    }
  });

  it('refuses larger ones before any of them is kept', () => {
    const reader = new FrameReader(131_072);
    const header = Buffer.from([3, 0, 1, 0, 3, 0x0d, 0x40]);
    reader.read(header.subarray(0, 3), () => {});
    expect(() => reader.read(header.subarray(3), () => {})).toThrow(
      'FRAME_ERROR - type 3, all octets = <<>>: {frame_too_large,200000,131064}',
    );
    const one = encodeFrame(1, 1, Buffer.alloc(4097));
    expect(() => new FrameReader(4096).read(one, () => {})).toThrow('{frame_too_large,4097,4088}');
  });

  it('has no limit when it is 0', () => {
    expect(readAll([encodeFrame(3, 1, Buffer.alloc(300_000))], 0)).toHaveLength(1);
  });

  it('takes a new limit for the very next frame', () => {
    const reader = new FrameReader(4096);
    const sizes: number[] = [];
    const stream = Buffer.concat([encodeFrame(1, 0, Buffer.alloc(4)), encodeFrame(1, 0, Buffer.alloc(5000))]);
    reader.read(stream, ({ payload }) => {
      sizes.push(payload.length);
      reader.maxFrameSize = 8192;
    });
    expect(sizes).toEqual([4, 5000]);
  });

  it.each([
    [[0, 60, 0, 10, 0], 1, 'type 1, all octets = <<0,60,0,10,0>>'],
    [Buffer.from('hello "you"\n\\'), 3, 'type 3, all octets = <<"hello \\"you\\"\\n\\\\">>'],
    [Buffer.from('hello you, how are you'), 3, 'type 3, first 16 octets = <<"hello you, how a">>'],
    [Buffer.from('é'), 3, 'type 3, all octets = <<"é">>'],
    [Buffer.from('café', 'latin1'), 3, 'type 3, all octets = <<"café">>'],
    [[0x7f, 65], 3, 'type 3, all octets = <<127,65>>'],
    [[27, 8, 9, 10, 11, 12, 13, 65], 3, 'type 3, all octets = <<"\\e\\b\\t\\n\\v\\f\\rA">>'],
    [[], 3, 'type 3, all octets = <<>>'],
  ] as const)('refuses a frame that does not end as it should, with RabbitMQ’s words: %j', (octets, type, words) => {
    const frame = encodeFrame(type, 1, Buffer.from(octets));
    frame[frame.length - 1] = 0;
    const expected = `FRAME_ERROR - ${words}: {invalid_frame_end_marker,0}`;
    for (const cut of [0, 3, frame.length - 1]) {
      expect(() => readAll([frame.subarray(0, cut), frame.subarray(cut)])).toThrow(expected);
    }
  });

  it('refuses a type that there is not, and a heartbeat that says something', () => {
    expect(() => readAll([encodeFrame(5 as FrameType, 1, Buffer.from('hello'))])).toThrow(
      'FRAME_ERROR - type 5, all octets = <<"hello">>: unknown_frame',
    );
    expect(() => readAll([encodeFrame(8, 0, Buffer.from('x'))])).toThrow(
      'FRAME_ERROR - type 8, all octets = <<"x">>: unknown_frame',
    );
  });

  it('reads a table of headers over 64 KiB, in a frame that is large enough', () => {
    const headers = tableOf(Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`name-${n}`, 'x'.repeat(80)])));
    const properties = encodeProperties({ headers });
    expect(properties.length).toBeGreaterThan(65_536);
    const frame = encodeFrame(2, 1, Buffer.concat([Buffer.alloc(12), properties]));
    const chunks = [frame.subarray(0, 65_536), frame.subarray(65_536)];
    expect(readAll(chunks, 131_072)[0]?.payload.subarray(12)).toEqual(properties);
    expect(() => readAll(chunks, 65_536)).toThrow('frame_too_large');
  });

  it('passes on what its listener throws', () => {
    const reader = new FrameReader(4096);
    expect(() =>
      reader.read(HEARTBEAT_FRAME, () => {
        throw new Error('from the listener');
      }),
    ).toThrow('from the listener');
  });
});
