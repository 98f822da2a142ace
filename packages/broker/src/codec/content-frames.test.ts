import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shortStrings } from '../../test/codec/arbitrary-fields.js';
import { COPIED_BODY_SIZE, deliveryPrefix, encodeContent, encodeDelivery } from './content-frames.js';
import { decodeContentHeader, type Frame, FrameReader } from './frames.js';
import { decodeMethod, encodeMethod } from './methods.js';
import { encodeProperties } from './properties.js';

const propertyOctets = encodeProperties({ contentType: 'text/plain', deliveryMode: 2 });

const bodies = fc
  .oneof(
    fc.nat(300),
    fc.nat(40_000),
    fc.constantFrom(0, 4088, 4089, 8176, COPIED_BODY_SIZE, COPIED_BODY_SIZE + 1, 131_064, 131_065, 262_128),
  )
  .map((size) => Buffer.alloc(size, 'leveret'));

function framesIn(buffers: readonly Buffer[], frameMax: number): Frame[] {
  const reader = new FrameReader(0);
  const frames: Frame[] = [];
  reader.read(Buffer.concat(buffers), (frame) => frames.push(frame));
  expect(reader.pending).toBe(0);
  if (frameMax > 0) for (const { payload } of frames) expect(payload.length).toBeLessThanOrEqual(frameMax - 8);
  return frames;
}

function contentIn(frames: readonly Frame[]): { propertyOctets: Buffer; body: Buffer } {
  const [header, ...pieces] = frames;
  if (header === undefined) throw new Error('No content header');
  expect([header.type, ...pieces.map(({ type }) => type)]).toEqual([2, ...pieces.map(() => 3)]);
  const body = Buffer.concat(pieces.map(({ payload }) => payload));
  const { classId, bodySize, propertyOctets: octets } = decodeContentHeader(header.payload);
  expect({ classId, bodySize }).toEqual({ classId: 60, bodySize: body.length });
  return { propertyOctets: octets, body };
}

describe('deliveries', () => {
  it('are a method, a header, and the body in frames of the size that was agreed', () => {
    fc.assert(
      fc.property(
        fc.record({
          channel: fc.nat(0xffff),
          consumerTag: shortStrings,
          deliveryTag: fc.maxSafeNat(),
          redelivered: fc.boolean(),
          exchange: shortStrings,
          routingKey: shortStrings,
          body: bodies,
          frameMax: fc.constantFrom(0, 4096, 131_072),
        }),
        fc.boolean(),
        (given, prepared) => {
          const { channel, body, frameMax, ...fields } = given;
          const consumerTag = prepared ? deliveryPrefix(given.consumerTag) : given.consumerTag;
          const [method, ...content] = framesIn(encodeDelivery({ ...given, consumerTag, propertyOctets }), frameMax);
          expect(decodeMethod(method?.payload as Buffer)).toEqual({ name: 'basic.deliver', fields });
          expect(new Set([method, ...content].map((frame) => frame?.channel))).toEqual(new Set([channel]));
          const read = contentIn(content);
          expect(read.propertyOctets).toEqual(propertyOctets);
          expect(read.body.equals(body)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('of small bodies are one buffer, and of large ones views of the body', () => {
    const delivery = {
      channel: 1,
      consumerTag: 'c',
      deliveryTag: 1,
      redelivered: false,
      exchange: 'e',
      routingKey: 'k',
      propertyOctets,
      frameMax: 131_072,
    };
    expect(encodeDelivery({ ...delivery, body: Buffer.alloc(COPIED_BODY_SIZE) })).toHaveLength(1);
    const body = Buffer.alloc(200_000);
    const pieces = encodeDelivery({ ...delivery, body });
    expect(pieces.map((piece) => piece.buffer === body.buffer)).toEqual([false, false, true, false, true, false]);
  });

  it('have no body frame when the body is empty', () => {
    const buffers = encodeDelivery({
      channel: 1,
      consumerTag: 'c',
      deliveryTag: 1,
      redelivered: true,
      exchange: '',
      routingKey: 'q',
      propertyOctets,
      body: Buffer.alloc(0),
      frameMax: 4096,
    });
    expect(framesIn(buffers, 4096).map(({ type }) => type)).toEqual([1, 2]);
  });

  it('cannot have a tag or a key of more than 255 octets', () => {
    expect(() => deliveryPrefix('é'.repeat(128))).toThrow(RangeError);
  });
});

describe('content', () => {
  it('follows basic.return and basic.get-ok', () => {
    fc.assert(
      fc.property(bodies, fc.constantFrom(0, 4096, 131_072), (body, frameMax) => {
        const fields = { replyCode: 312, replyText: 'NO_ROUTE', exchange: 'e', routingKey: 'k' };
        const methodFrame = encodeMethod(5, 'basic.return', fields);
        const [method, ...content] = framesIn(encodeContent(5, methodFrame, propertyOctets, body, frameMax), frameMax);
        expect(decodeMethod(method?.payload as Buffer)).toEqual({ name: 'basic.return', fields });
        expect(contentIn(content).body.equals(body)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
