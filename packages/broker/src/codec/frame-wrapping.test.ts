import { describe, expect, it } from 'vitest';
import { decodeContentHeader, encodeFrame, HEARTBEAT_FRAME } from './frame-wrapping.js';

describe('frames', () => {
  it('are type, channel, size, payload and an end', () => {
    expect(encodeFrame(3, 258, Buffer.from('hi'))).toEqual(Buffer.from([3, 1, 2, 0, 0, 0, 2, 0x68, 0x69, 0xce]));
    expect(HEARTBEAT_FRAME).toEqual(Buffer.from([8, 0, 0, 0, 0, 0, 0, 0xce]));
  });
});

describe('content headers', () => {
  it('have a class, a size and properties', () => {
    const payload = Buffer.from([0, 60, 0, 0, 0, 0, 0, 1, 0, 0, 0, 5, 0x80, 0, 1, 0x61]);
    expect(decodeContentHeader(payload)).toEqual({
      classId: 60,
      bodySize: 2 ** 32 + 5,
      propertyOctets: Buffer.from([0x80, 0, 1, 0x61]),
    });
  });

  it('are refused as RabbitMQ refuses them', () => {
    expect(() => decodeContentHeader(Buffer.from('xxxx'))).toThrow(
      'FRAME_ERROR - type 2, all octets = <<"xxxx">>: unknown_frame',
    );
    expect(() => decodeContentHeader(Buffer.from([0, 60, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))).toThrow(
      'UNEXPECTED_FRAME - expected content header for class 60, got non content header frame instead',
    );
  });
});
