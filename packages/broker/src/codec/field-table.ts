import { isUtf8 } from 'node:buffer';
import { undecodable } from './frame-error.js';
import { MalformedOctetsError, OctetReader } from './octet-reader.js';
import { OctetWriter } from './octet-writer.js';

export { plainTable, tableOf } from './plain-table.js';

/**
 * A value of a table with RabbitMQ's letter for its type, so that it goes out as it came in.
 *
 * @see https://www.rabbitmq.com/amqp-0-9-1-errata#section_3
 */
export type FieldValue =
  | { readonly type: 't'; readonly value: boolean }
  /** b, s, I: signed of 8, 16, 32 bits. B, u, i: unsigned. f, d: floating point of 32, 64 bits. */
  | { readonly type: 'b' | 'B' | 's' | 'u' | 'I' | 'i' | 'f' | 'd'; readonly value: number }
  /** l: signed of 64 bits. T: a timestamp, unsigned, in seconds. */
  | { readonly type: 'l' | 'T'; readonly value: bigint }
  /** value / 10 ** scale */
  | { readonly type: 'D'; readonly scale: number; readonly value: number }
  /** With `octets` when they are not UTF-8; they are what is written then. */
  | { readonly type: 'S'; readonly value: string; readonly octets?: Buffer }
  | { readonly type: 'x'; readonly value: Buffer }
  | { readonly type: 'A'; readonly value: readonly FieldValue[] }
  | { readonly type: 'F'; readonly value: FieldTable }
  | { readonly type: 'V' };

/** Arguments and headers: names and typed values, in the order of the wire. */
export type FieldTable = ReadonlyMap<string, FieldValue>;

/** A table without entries. */
export const EMPTY_TABLE: FieldTable = new Map();

// RabbitMQ has no such limit, and a call stack that need not have one.
const MAX_DEPTH = 256;

// One for all: a table is written in one go.
const writer: OctetWriter = new OctetWriter();

/** Reads the table that begins at `offset`, its length first. Throws an AmqpFailure of the connection (501) when it is malformed. */
export function decodeTable(octets: Buffer, offset: number): { table: FieldTable; end: number } {
  const reader = new OctetReader(octets, offset);
  try {
    const table = readTable(reader);
    return { table, end: reader.position };
  } catch (error) {
    throw error instanceof MalformedOctetsError ? undecodable(501, octets.subarray(offset)) : error;
  }
}

/** The table as on the wire, its length first. */
export function encodeTable(table: FieldTable): Buffer {
  writer.reset();
  writeTable(writer, table);
  return writer.take();
}

/** Reads a table where the reader is. Throws a MalformedOctetsError. */
export function readTable(reader: OctetReader, depth = 0): FieldTable {
  const size = reader.long();
  if (size === 0) return EMPTY_TABLE;
  const fields = nested(reader, size, depth);
  const table = new Map<string, FieldValue>();
  while (!fields.atEnd) {
    const name = fields.shortstr();
    table.set(name, readValue(fields, depth));
  }
  return table;
}

/** Writes a table where the writer is. Throws a RangeError when a name is longer than 255 octets. */
export function writeTable(writer: OctetWriter, table: FieldTable): void {
  const start = writer.beginLength();
  for (const [name, value] of table) {
    writer.shortstr(name);
    writeValue(writer, value);
  }
  writer.endLength(start);
}

function nested(reader: OctetReader, size: number, depth: number): OctetReader {
  if (depth > MAX_DEPTH) throw new MalformedOctetsError(`A table is nested deeper than ${MAX_DEPTH} levels`);
  return new OctetReader(reader.take(size));
}

function readArray(reader: OctetReader, depth: number): readonly FieldValue[] {
  const items = nested(reader, reader.long(), depth);
  const values: FieldValue[] = [];
  while (!items.atEnd) values.push(readValue(items, depth));
  return values;
}

/** RabbitMQ knows no other numbers. */
function finite(value: number): number {
  if (!Number.isFinite(value)) throw new MalformedOctetsError('A number is infinite, or none');
  return value;
}

function readValue(reader: OctetReader, depth: number): FieldValue {
  const type = String.fromCharCode(reader.octet());
  switch (type) {
    case 't':
      return { type, value: reader.octet() !== 0 };
    case 'b':
      return { type, value: reader.take(1).readInt8(0) };
    case 'B':
      return { type, value: reader.octet() };
    case 's':
      return { type, value: reader.take(2).readInt16BE(0) };
    case 'u':
      return { type, value: reader.short() };
    case 'I':
      return { type, value: reader.take(4).readInt32BE(0) };
    case 'i':
      return { type, value: reader.long() };
    case 'f':
      return { type, value: finite(reader.take(4).readFloatBE(0)) };
    case 'd':
      return { type, value: finite(reader.take(8).readDoubleBE(0)) };
    // Some clients write L where RabbitMQ writes l, and RabbitMQ answers with l.
    case 'L':
    case 'l':
      return { type: 'l', value: reader.take(8).readBigInt64BE(0) };
    case 'T':
      return { type, value: reader.take(8).readBigUInt64BE(0) };
    case 'D':
      return { type, scale: reader.octet(), value: reader.long() };
    case 'S': {
      const octets = reader.longstr();
      const value = octets.toString();
      return isUtf8(octets) ? { type, value } : { type, value, octets };
    }
    case 'x':
      return { type, value: reader.longstr() };
    case 'A':
      return { type, value: readArray(reader, depth + 1) };
    case 'F':
      return { type, value: readTable(reader, depth + 1) };
    case 'V':
      return { type };
    default:
      throw new MalformedOctetsError(`A table has no type ${type.charCodeAt(0)}`);
  }
}

function writeValue(writer: OctetWriter, field: FieldValue): void {
  writer.octet(field.type.charCodeAt(0));
  switch (field.type) {
    case 't':
      writer.octet(field.value ? 1 : 0);
      break;
    case 'b':
      writer.raw(1, (octets, at) => octets.writeInt8(field.value, at));
      break;
    case 'B':
      writer.octet(field.value);
      break;
    case 's':
      writer.raw(2, (octets, at) => octets.writeInt16BE(field.value, at));
      break;
    case 'u':
      writer.short(field.value);
      break;
    case 'I':
      writer.raw(4, (octets, at) => octets.writeInt32BE(field.value, at));
      break;
    case 'i':
      writer.long(field.value);
      break;
    case 'f':
      writer.raw(4, (octets, at) => octets.writeFloatBE(field.value, at));
      break;
    case 'd':
      writer.raw(8, (octets, at) => octets.writeDoubleBE(field.value, at));
      break;
    case 'l':
      writer.raw(8, (octets, at) => octets.writeBigInt64BE(field.value, at));
      break;
    case 'T':
      writer.raw(8, (octets, at) => octets.writeBigUInt64BE(field.value, at));
      break;
    case 'D':
      writer.octet(field.scale);
      writer.long(field.value);
      break;
    case 'S':
      writer.longstr(field.octets ?? field.value);
      break;
    case 'x':
      writer.longstr(field.value);
      break;
    case 'A': {
      const start = writer.beginLength();
      for (const item of field.value) writeValue(writer, item);
      writer.endLength(start);
      break;
    }
    case 'F':
      writeTable(writer, field.value);
      break;
    case 'V':
      break;
  }
}
