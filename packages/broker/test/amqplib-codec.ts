import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Fields of a method, or properties of a content, with amqplib's names. */
export type Fields = Readonly<Record<string, unknown>>;

/** A message's content as it came. */
export interface Content {
  readonly properties: Fields;
  readonly body: Buffer;
  /** In how many frames the body came. */
  readonly frames: number;
}

interface Definitions {
  readonly [constant: string]: unknown;
  decode(id: number, payload: Buffer): Fields;
  encodeMethod(id: number, channel: number, fields: Fields): Buffer;
  encodeProperties(classId: number, channel: number, size: number, properties: Fields): Buffer;
  info(id: number): { readonly name: string };
}

// amqplib's codec and not ours: a fault that ours makes both ways would stay hidden.
const require = createRequire(import.meta.url);
const definitions = require(join(dirname(require.resolve('amqplib')), 'lib', 'defs.js')) as Definitions;
const basicProperties = 60;

/** A frame with the right length and end. */
export function encodeFrame(type: number, channel: number, payload: Buffer): Buffer {
  const frame = Buffer.alloc(payload.length + 8);
  frame.writeUInt8(type, 0);
  frame.writeUInt16BE(channel, 1);
  frame.writeUInt32BE(payload.length, 3);
  payload.copy(frame, 7);
  frame.writeUInt8(0xce, payload.length + 7);
  return frame;
}

/** A method frame: `queue.declare` with its fields; those that are left out are empty. */
export function encodeMethod(channel: number, name: string, fields: Fields): Buffer {
  const id = definitions[amqplibName(name)];
  if (typeof id !== 'number') throw new Error(`amqplib knows no method ${name}.`);
  return definitions.encodeMethod(id, channel, { ...defaults[name], ...fields });
}

/** The name and fields of a method frame's payload. */
export function decodeMethod(payload: Buffer): { name: string; fields: Fields } {
  const id = payload.readUInt32BE(0);
  return { name: methodName(id >>> 16, id & 0xffff), fields: definitions.decode(id, payload.subarray(4)) };
}

/** A content header frame. */
export function encodeContentHeader(channel: number, bodySize: number, properties: Fields, classId: number): Buffer {
  const frame = definitions.encodeProperties(basicProperties, channel, bodySize, properties);
  frame.writeUInt16BE(classId, 7);
  return frame;
}

/** What a content header says. */
export function decodeContentHeader(payload: Buffer): { properties: Fields; bodySize: number } {
  return {
    bodySize: Number(payload.readBigUInt64BE(4)),
    properties: definitions.decode(basicProperties, payload.subarray(12)),
  };
}

/** `queue.declare` of 50 and 10; numbers for what amqplib does not know, as the `0.0` of a failure outside all methods. */
export function methodName(classId: number, methodId: number): string {
  let name: string;
  try {
    name = definitions.info((classId << 16) | methodId).name;
  } catch {
    return `${classId}.${methodId}`;
  }
  const [className = '', ...words] = name.match(/[A-Z][a-z]+/g) ?? [];
  return `${className}.${words.join('-')}`.toLowerCase();
}

function amqplibName(name: string): string {
  return name.replace(/(?:^|[.-])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

// amqplib demands these.
const defaults: Readonly<Record<string, Fields>> = {
  'basic.reject': { deliveryTag: 0 },
  'channel.close': { replyCode: 200, classId: 0, methodId: 0 },
  'connection.close': { replyCode: 200, classId: 0, methodId: 0 },
  'exchange.declare': { exchange: '' },
  'exchange.delete': { exchange: '' },
  'exchange.bind': { destination: '', source: '' },
  'exchange.unbind': { destination: '', source: '' },
  'queue.bind': { exchange: '' },
  'queue.unbind': { exchange: '' },
};
