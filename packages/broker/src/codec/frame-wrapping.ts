import { connectionFailure } from '../failure.js';
import { frameError } from './frame-error.js';

/** A method, a content header, a piece of a body, a heartbeat. */
export type FrameType = 1 | 2 | 3 | 8;

/** A frame without its wrapping. The payload may be a view of what the socket gave. */
export interface Frame {
  readonly type: FrameType;
  readonly channel: number;
  readonly payload: Buffer;
}

/** What precedes the body of a message. */
export interface ContentHeader {
  readonly classId: number;
  /** Octets, over all body frames. */
  readonly bodySize: number;
  /** Property flags and values, a view of the payload. */
  readonly propertyOctets: Buffer;
}

/** Octets before each payload: type, channel and size. */
export const FRAME_HEADER_SIZE = 7;

/** Octets around each payload: its header, and the octet that ends it. */
export const FRAME_OVERHEAD = 8;

/** The last octet of each frame. */
export const FRAME_END = 0xce;

const CONTENT_HEADER_SIZE = 12;

/** What either side sends when it has nothing to say. */
export const HEARTBEAT_FRAME: Buffer = encodeFrame(8, 0, Buffer.alloc(0));

/** The payload, wrapped. */
export function encodeFrame(type: FrameType, channel: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(payload.length + FRAME_OVERHEAD);
  const at = writeFrameHeader(frame, 0, type, channel, payload.length);
  payload.copy(frame, at);
  frame[frame.length - 1] = FRAME_END;
  return frame;
}

/** Writes what precedes a payload of `size` octets, and says where that payload begins. */
export function writeFrameHeader(octets: Buffer, at: number, type: FrameType, channel: number, size: number): number {
  octets[at] = type;
  octets.writeUInt16BE(channel, at + 1);
  octets.writeUInt32BE(size, at + 3);
  return at + FRAME_HEADER_SIZE;
}

/** Reads the payload of a content header frame. Throws an AmqpFailure of the connection (501 or 505) when it is none. */
export function decodeContentHeader(payload: Buffer): ContentHeader {
  if (payload.length < CONTENT_HEADER_SIZE) throw frameError(2, payload, 'unknown_frame');
  // The weight is a relic that must be zero.
  if (payload.readUInt16BE(2) !== 0) {
    throw connectionFailure(505, 'expected content header for class 60, got non content header frame instead');
  }
  return {
    classId: payload.readUInt16BE(0),
    bodySize: payload.readUInt32BE(4) * 2 ** 32 + payload.readUInt32BE(8),
    propertyOctets: payload.subarray(CONTENT_HEADER_SIZE),
  };
}
