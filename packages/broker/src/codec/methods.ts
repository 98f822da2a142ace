import { connectionFailure } from '../failure.js';
import { type FieldTable, readTable, writeTable } from './field-table.js';
import { frameError, undecodable } from './frame-error.js';
import { FRAME_END } from './frame-wrapping.js';
import { type FieldKind, METHODS, type MethodDefinition } from './method-table.js';
import { MalformedOctetsError, OctetReader } from './octet-reader.js';
import { OctetWriter } from './octet-writer.js';

interface FieldTypes {
  readonly octet: number;
  readonly short: number;
  readonly long: number;
  readonly longlong: number;
  readonly bit: boolean;
  readonly shortstr: string;
  readonly longstr: Buffer;
  readonly table: FieldTable;
}

type Definitions = typeof METHODS;

/** A method as the specification writes it: `basic.publish`. */
export type MethodName = keyof Definitions;

/** The fields of a method, without those that are reserved. */
export type MethodFields<N extends MethodName> = {
  readonly [F in keyof Definitions[N]['fields'] as F extends `reserved${string}`
    ? never
    : F]: Definitions[N]['fields'][F] extends FieldKind ? FieldTypes[Definitions[N]['fields'][F]] : never;
};

/** A method with its fields; `name` tells which. */
export type Method = {
  readonly [N in MethodName]: { readonly name: N; readonly fields: MethodFields<N> };
}[MethodName];

const ID_SIZE = 4;

// One for all: a method is written in one go.
const writer: OctetWriter = new OctetWriter();

type Value = FieldTypes[FieldKind];

interface Layout {
  readonly name: MethodName;
  readonly id: number;
  readonly content: boolean;
  readonly fields: readonly FieldLayout[];
}

interface FieldLayout {
  readonly name: string;
  readonly kind: FieldKind;
  readonly reserved: boolean;
  /** Of a bit: its place in its octet, counted anew after eight and after any other field. */
  readonly bit: number;
  /** Of a bit: the octet ends after it. */
  readonly lastBit: boolean;
}

const LAYOUTS = Object.fromEntries(
  Object.entries(METHODS).map(([name, definition]) => [name, layoutOf(name as MethodName, definition)]),
) as Readonly<Record<MethodName, Layout>>;

const LAYOUTS_BY_ID: ReadonlyMap<number, Layout> = new Map(Object.values(LAYOUTS).map((layout) => [layout.id, layout]));

/** The two numbers of each method, as connection.close and channel.close name the method that failed. */
export const METHOD_IDS: Readonly<Record<MethodName, { readonly classId: number; readonly methodId: number }>> =
  METHODS;

/** Whether a content header and bodies follow the method. */
export function hasContent(name: MethodName): boolean {
  return LAYOUTS[name].content;
}

/**
 * Reads the payload of a method frame. Buffers in the fields are views of it.
 *
 * Throws an AmqpFailure of the connection: 503 for a method that does not exist, 501 when the fields cannot be read. A
 * delivery tag above 2 ** 53 closes the channel (406).
 */
export function decodeMethod(payload: Buffer): Method {
  if (payload.length < ID_SIZE) throw frameError(1, payload, 'unknown_frame');
  const id = payload.readUInt32BE(0);
  const layout = LAYOUTS_BY_ID.get(id);
  if (layout === undefined) {
    throw connectionFailure(503, `unknown method ${id >>> 16}.${id & 0xffff}`);
  }
  try {
    const reader = new OctetReader(payload, ID_SIZE);
    const fields = readFields(layout, reader);
    if (!reader.atEnd) throw new MalformedOctetsError('Octets are left behind the last field');
    return { name: layout.name, fields } as unknown as Method;
  } catch (error) {
    throw error instanceof MalformedOctetsError
      ? undecodable(501, payload.subarray(ID_SIZE), METHODS[layout.name])
      : error;
  }
}

/** The method in a frame of its own. Throws a RangeError when a short string is longer than 255 octets. */
export function encodeMethod<N extends MethodName>(channel: number, name: N, fields: MethodFields<N>): Buffer {
  const layout = LAYOUTS[name];
  writer.reset();
  writer.octet(1);
  writer.short(channel);
  const start = writer.beginLength();
  writer.long(layout.id);
  writeFields(layout, fields as Readonly<Record<string, Value>>);
  writer.endLength(start);
  writer.octet(FRAME_END);
  return writer.take();
}

function layoutOf(name: MethodName, definition: MethodDefinition): Layout {
  const entries = Object.entries(definition.fields);
  let bits = 0;
  const fields = entries.map(([field, kind], index): FieldLayout => {
    const bit = kind === 'bit' ? bits++ : 0;
    const lastBit = kind === 'bit' && entries[index + 1]?.[1] !== 'bit';
    if (lastBit) bits = 0;
    return { name: field, kind, reserved: field.startsWith('reserved'), bit, lastBit };
  });
  return {
    name,
    id: definition.classId * 0x10000 + definition.methodId,
    content: definition.content === true,
    fields,
  };
}

function readFields(layout: Layout, reader: OctetReader): Record<string, Value> {
  const fields: Record<string, Value> = {};
  let bits = 0;
  for (const field of layout.fields) {
    let value: Value;
    if (field.kind === 'bit') {
      if (field.bit === 0) bits = reader.octet();
      value = (bits & (1 << field.bit)) !== 0;
    } else {
      value = readValue(reader, field.kind);
    }
    if (!field.reserved) fields[field.name] = value;
  }
  return fields;
}

function readValue(reader: OctetReader, kind: Exclude<FieldKind, 'bit'>): Value {
  return kind === 'table' ? readTable(reader) : reader[kind]();
}

function writeFields(layout: Layout, values: Readonly<Record<string, Value>>): void {
  let bits = 0;
  for (const { name, kind, reserved, bit, lastBit } of layout.fields) {
    const value = reserved ? undefined : values[name];
    if (kind === 'bit') {
      if (bit === 0) bits = 0;
      if (value === true) bits |= 1 << bit;
      if (lastBit) writer.octet(bits);
    } else if (kind === 'shortstr') {
      writer.shortstr((value as string | undefined) ?? '');
    } else if (kind === 'longstr') {
      writer.longstr((value as Buffer | undefined) ?? '');
    } else if (kind === 'table') {
      writeTable(writer, value as FieldTable);
    } else {
      writer[kind]((value as number | undefined) ?? 0);
    }
  }
}
