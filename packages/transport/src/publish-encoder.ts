import type { MessageProperties } from './message-properties.js';

/** A message as far as the encoder needs it; its names fit into AMQP's shortstr, and it has no headers. */
export interface EncodableMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly mandatory: boolean;
  readonly properties: MessageProperties;
  readonly bodyBytes: number;
}

const METHOD = 1;
const HEADER = 2;
const BODY = 3;
const FRAME_END = 0xce;
const BASIC = 60;
const PUBLISH = 40;

/** Bytes of a frame that are not its payload. */
export const FRAME_OVERHEAD = 8;
// Frames, ids, flags and all that has a fixed length; the strings come on top.
const FIXED_BYTES = 64;

/** More bytes than the frames of method and header together take. */
export function frameBytesAtMost({ properties, exchange, routingKey }: EncodableMessage): number {
  // One by one, as in all that is done for each message: a loop over the names takes eight times as long.
  const { contentType, contentEncoding, correlationId, replyTo, expiration } = properties;
  const { messageId, type, userId, appId } = properties;
  let bytes = FIXED_BYTES + textBytesAtMost(exchange) + textBytesAtMost(routingKey);
  bytes += textBytesAtMost(contentType) + textBytesAtMost(contentEncoding) + textBytesAtMost(correlationId);
  bytes += textBytesAtMost(replyTo) + textBytesAtMost(expiration) + textBytesAtMost(messageId);
  return bytes + textBytesAtMost(type) + textBytesAtMost(userId) + textBytesAtMost(appId);
}

// Its length in front, at most three bytes of UTF-8 for each unit of UTF-16, and never more than a shortstr.
function textBytesAtMost(text: string | undefined): number {
  return text === undefined ? 0 : Math.min(256, 1 + 3 * text.length);
}

/** Writes the frames of basic.publish and its content header; returns where they end. */
export function encodePublish(into: Buffer, start: number, channel: number, message: EncodableMessage): number {
  let at = beginFrame(into, start, METHOD, channel);
  at = uint16(into, at, BASIC);
  at = uint16(into, at, PUBLISH);
  // A field that means nothing any more.
  at = uint16(into, at, 0);
  at = shortString(into, at, message.exchange);
  at = shortString(into, at, message.routingKey);
  into[at] = message.mandatory ? 1 : 0;
  const header = endFrame(into, start, at + 1);
  at = beginFrame(into, header, HEADER, channel);
  at = uint16(into, at, BASIC);
  at = uint16(into, at, 0);
  at = uint32(into, at, 0);
  at = uint32(into, at, message.bodyBytes);
  return endFrame(into, header, encodeProperties(into, at, message.properties));
}

/** Writes the beginning of a body frame, which the bytes follow and then `endBodyFrame`; returns where it ends. */
export function beginBodyFrame(into: Buffer, start: number, channel: number, length: number): number {
  const at = beginFrame(into, start, BODY, channel);
  uint32(into, start + 3, length);
  return at;
}

export function endBodyFrame(into: Buffer, at: number): number {
  into[at] = FRAME_END;
  return at + 1;
}

function encodeProperties(into: Buffer, flagsAt: number, properties: MessageProperties): number {
  const { contentType, contentEncoding, priority, correlationId, replyTo } = properties;
  const { expiration, messageId, timestamp, type, userId, appId } = properties;
  // A table, empty, and the delivery mode are always there.
  let flags = 0x30_00;
  let at = flagsAt + 2;
  if (contentType !== undefined) {
    flags |= 0x80_00;
    at = shortString(into, at, contentType);
  }
  if (contentEncoding !== undefined) {
    flags |= 0x40_00;
    at = shortString(into, at, contentEncoding);
  }
  at = uint32(into, at, 0);
  into[at] = properties.deliveryMode;
  at += 1;
  if (priority !== undefined) {
    flags |= 0x08_00;
    into[at] = priority;
    at += 1;
  }
  if (correlationId !== undefined) {
    flags |= 0x04_00;
    at = shortString(into, at, correlationId);
  }
  if (replyTo !== undefined) {
    flags |= 0x02_00;
    at = shortString(into, at, replyTo);
  }
  if (expiration !== undefined) {
    flags |= 0x01_00;
    at = shortString(into, at, expiration);
  }
  if (messageId !== undefined) {
    flags |= 0x80;
    at = shortString(into, at, messageId);
  }
  if (timestamp !== undefined) {
    flags |= 0x40;
    at = uint32(into, at, Math.floor(timestamp / 2 ** 32));
    at = uint32(into, at, timestamp);
  }
  if (type !== undefined) {
    flags |= 0x20;
    at = shortString(into, at, type);
  }
  if (userId !== undefined) {
    flags |= 0x10;
    at = shortString(into, at, userId);
  }
  if (appId !== undefined) {
    flags |= 0x08;
    at = shortString(into, at, appId);
  }
  uint16(into, flagsAt, flags);
  return at;
}

function beginFrame(into: Buffer, at: number, type: number, channel: number): number {
  into[at] = type;
  uint16(into, at + 1, channel);
  // The length comes with its end.
  return at + 7;
}

function endFrame(into: Buffer, start: number, at: number): number {
  uint32(into, start + 3, at - start - 7);
  into[at] = FRAME_END;
  return at + 1;
}

// Longer than a Node.js call takes to do it, and no shorter: the way into C++ costs as much as forty characters here.
const BY_HAND_LENGTH = 40;

function shortString(into: Buffer, at: number, text: string): number {
  const { length } = text;
  if (length <= BY_HAND_LENGTH) {
    let i = 0;
    for (; i < length; i += 1) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) break;
      into[at + 1 + i] = code;
    }
    if (i === length) {
      into[at] = length;
      return at + 1 + length;
    }
  }
  const bytes = into.write(text, at + 1, 'utf8');
  into[at] = bytes;
  return at + 1 + bytes;
}

function uint16(into: Buffer, at: number, value: number): number {
  into[at] = value >>> 8;
  into[at + 1] = value;
  return at + 2;
}

function uint32(into: Buffer, at: number, value: number): number {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
  return at + 4;
}
