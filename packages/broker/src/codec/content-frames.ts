import { FRAME_END, FRAME_HEADER_SIZE, FRAME_OVERHEAD, writeFrameHeader } from './frame-wrapping.js';
import { METHOD_IDS } from './methods.js';
import { shortStringSize, writeShortString } from './short-strings.js';

/** Bodies up to this size are copied behind their headers: one buffer for the socket is worth more than the copy. */
export const COPIED_BODY_SIZE = 16_384;

const CONTENT_HEADER_SIZE = 12;
const CLASS_BASIC = 60;
const TWO_TO_32 = 2 ** 32;

/** What all deliveries of a consumer begin with: the numbers of basic.deliver, and the consumer tag. */
export interface DeliveryPrefix {
  readonly octets: Buffer;
}

/** basic.deliver with its content. */
export interface Delivery {
  readonly channel: number;
  /** The tag, or what `deliveryPrefix` made of it once for all deliveries. */
  readonly consumerTag: string | DeliveryPrefix;
  readonly deliveryTag: number;
  readonly redelivered: boolean;
  readonly exchange: string;
  readonly routingKey: string;
  readonly propertyOctets: Buffer;
  readonly body: Buffer;
  /** As agreed in tune-ok; 0 is no limit. */
  readonly frameMax: number;
}

/** What is the same in all deliveries of a consumer. Throws a RangeError when the tag has more than 255 octets. */
export function deliveryPrefix(consumerTag: string): DeliveryPrefix {
  const { classId, methodId } = METHOD_IDS['basic.deliver'];
  const size = shortStringSize(consumerTag);
  const octets = Buffer.alloc(5 + size);
  octets.writeUInt16BE(classId, 0);
  octets.writeUInt16BE(methodId, 2);
  writeShortString(octets, 4, consumerTag, size);
  return { octets };
}

/**
 * The frames of a delivery, to be written in order: one buffer for a body up to COPIED_BODY_SIZE, else several, in which the
 * pieces of the body are views of it. Throws a RangeError when a string has more than 255 octets.
 */
export function encodeDelivery(delivery: Delivery): Buffer[] {
  const { channel, consumerTag, deliveryTag, exchange, routingKey, propertyOctets, body, frameMax } = delivery;
  const prefix = (typeof consumerTag === 'string' ? deliveryPrefix(consumerTag) : consumerTag).octets;
  const exchangeSize = shortStringSize(exchange);
  const routingKeySize = shortStringSize(routingKey);
  const payloadSize = prefix.length + 11 + exchangeSize + routingKeySize;
  const methodSize = payloadSize + FRAME_OVERHEAD;
  const octets = Buffer.allocUnsafe(methodSize + sizeBehind(propertyOctets, body, frameMax));
  let at = writeFrameHeader(octets, 0, 1, channel, payloadSize);
  octets.set(prefix, at);
  at = octets.writeUInt32BE(Math.floor(deliveryTag / TWO_TO_32), at + prefix.length);
  at = octets.writeUInt32BE(deliveryTag % TWO_TO_32, at);
  octets[at++] = delivery.redelivered ? 1 : 0;
  at = writeShortString(octets, at, exchange, exchangeSize);
  at = writeShortString(octets, at, routingKey, routingKeySize);
  octets[at] = FRAME_END;
  return finish(octets, at + 1, channel, propertyOctets, body, frameMax);
}

/**
 * The frames of a method that carries content (basic.return, basic.get-ok), the frame of the method as `encodeMethod` gives
 * it: to be written in order, one buffer for a body up to COPIED_BODY_SIZE, else several, in which the pieces of the body
 * are views of it. `frameMax` 0 is no limit.
 */
export function encodeContent(
  channel: number,
  methodFrame: Buffer,
  propertyOctets: Buffer,
  body: Buffer,
  frameMax: number,
): Buffer[] {
  const octets = Buffer.allocUnsafe(methodFrame.length + sizeBehind(propertyOctets, body, frameMax));
  octets.set(methodFrame, 0);
  return finish(octets, methodFrame.length, channel, propertyOctets, body, frameMax);
}

/** Octets of the header frame, and of body frames if they are copied. */
function sizeBehind(propertyOctets: Buffer, body: Buffer, frameMax: number): number {
  const headerSize = FRAME_OVERHEAD + CONTENT_HEADER_SIZE + propertyOctets.length;
  if (body.length > COPIED_BODY_SIZE) return headerSize;
  return headerSize + body.length + Math.ceil(body.length / pieceSize(body, frameMax)) * FRAME_OVERHEAD;
}

/** The largest payload of a body frame. */
function pieceSize(body: Buffer, frameMax: number): number {
  return frameMax === 0 ? Math.max(body.length, 1) : frameMax - FRAME_OVERHEAD;
}

/** Writes what follows the method into `octets`, which `sizeBehind` has left room for. */
function finish(
  octets: Buffer,
  start: number,
  channel: number,
  propertyOctets: Buffer,
  body: Buffer,
  frameMax: number,
): Buffer[] {
  let at = writeFrameHeader(octets, start, 2, channel, CONTENT_HEADER_SIZE + propertyOctets.length);
  at = octets.writeUInt32BE(CLASS_BASIC * 0x10000, at);
  at = octets.writeUInt32BE(Math.floor(body.length / TWO_TO_32), at);
  at = octets.writeUInt32BE(body.length % TWO_TO_32, at);
  octets.set(propertyOctets, at);
  at += propertyOctets.length;
  octets[at++] = FRAME_END;
  if (body.length > COPIED_BODY_SIZE) return [octets, ...viewedPieces(channel, body, pieceSize(body, frameMax))];
  const largest = pieceSize(body, frameMax);
  for (let from = 0; from < body.length; from += largest) {
    const size = Math.min(largest, body.length - from);
    at = writeFrameHeader(octets, at, 3, channel, size);
    body.copy(octets, at, from, from + size);
    at += size;
    octets[at++] = FRAME_END;
  }
  return [octets];
}

function viewedPieces(channel: number, body: Buffer, largest: number): Buffer[] {
  const pieces: Buffer[] = [];
  // What ends a frame and begins the next goes into one buffer.
  let between = Buffer.allocUnsafe(FRAME_HEADER_SIZE);
  let headerAt = 0;
  for (let from = 0; from < body.length; from += largest) {
    const piece = body.subarray(from, from + largest);
    writeFrameHeader(between, headerAt, 3, channel, piece.length);
    pieces.push(between, piece);
    headerAt = 1;
    between = Buffer.allocUnsafe(from + largest < body.length ? FRAME_OVERHEAD : 1);
    between[0] = FRAME_END;
  }
  pieces.push(between);
  return pieces;
}
