import { encodeTable, type FieldTable, readTable, writeTable } from './field-table.js';
import { undecodable } from './frame-error.js';
import { MalformedOctetsError, OctetReader } from './octet-reader.js';
import { OctetWriter } from './octet-writer.js';

/** The properties of a message. */
export interface Properties {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly headers?: FieldTable;
  /** 2: persistent. */
  readonly deliveryMode?: number;
  readonly priority?: number;
  readonly correlationId?: string;
  readonly replyTo?: string;
  /** Milliseconds, as a string. */
  readonly expiration?: string;
  readonly messageId?: string;
  /** Seconds since 1970, by convention. */
  readonly timestamp?: bigint;
  readonly type?: string;
  readonly userId?: string;
  readonly appId?: string;
  readonly clusterId?: string;
}

type Value = string | number | bigint | FieldTable;
type Kind = 'shortstr' | 'octet' | 'timestamp' | 'table';

// In the order of the wire and of the flags, from the highest bit down.
const LAYOUT = [
  ['contentType', 'shortstr'],
  ['contentEncoding', 'shortstr'],
  ['headers', 'table'],
  ['deliveryMode', 'octet'],
  ['priority', 'octet'],
  ['correlationId', 'shortstr'],
  ['replyTo', 'shortstr'],
  ['expiration', 'shortstr'],
  ['messageId', 'shortstr'],
  ['timestamp', 'timestamp'],
  ['type', 'shortstr'],
  ['userId', 'shortstr'],
  ['appId', 'shortstr'],
  ['clusterId', 'shortstr'],
] as const satisfies readonly (readonly [keyof Properties, Kind])[];

// One for all: properties are written in one go.
const writer: OctetWriter = new OctetWriter();

const HEADERS = LAYOUT.findIndex(([name]) => name === 'headers');

/** Reads the flags and values of a content header. Throws an AmqpFailure of the connection (541) when they are malformed. */
export function decodeProperties(octets: Buffer): Properties {
  const properties: Record<string, Value> = {};
  walk(octets, (name, kind, reader) => {
    properties[name] =
      kind === 'table' ? readTable(reader) : kind === 'timestamp' ? reader.bigLonglong() : reader[kind]();
  });
  return properties;
}

/** The flags and values of a content header. Throws a RangeError when a short string has more than 255 octets. */
export function encodeProperties(properties: Properties): Buffer {
  writer.reset();
  writer.short(
    LAYOUT.reduce((flags, [name], index) => (properties[name] === undefined ? flags : flags | flagOf(index)), 0),
  );
  for (const [name, kind] of LAYOUT) {
    const value: Value | undefined = properties[name];
    if (value === undefined) continue;
    if (kind === 'shortstr') writer.shortstr(value as string);
    else if (kind === 'octet') writer.octet(value as number);
    else if (kind === 'table') writeTable(writer, value as FieldTable);
    else writer.bigLonglong(value as bigint);
  }
  return writer.take();
}

/**
 * Properties with other headers, the octets of everything else kept as they came: what dead-lettering does to a message.
 * With `{ expiration: undefined }` the expiration is left out. Throws an AmqpFailure of the connection (541) when the octets
 * are malformed.
 */
export function replaceHeaders(
  propertyOctets: Buffer,
  headers: FieldTable,
  changes: { readonly expiration?: undefined } = {},
): Buffer {
  const before: Buffer[] = [];
  const after: Buffer[] = [];
  let flags = flagOf(HEADERS);
  walk(propertyOctets, (name, kind, reader, index) => {
    const start = reader.position;
    if (kind === 'shortstr') reader.take(reader.octet());
    else if (kind === 'table') reader.longstr();
    else reader.take(kind === 'octet' ? 1 : 8);
    if (name === 'headers' || (name === 'expiration' && 'expiration' in changes)) return;
    flags |= flagOf(index);
    (index < HEADERS ? before : after).push(propertyOctets.subarray(start, reader.position));
  });
  const flagOctets = Buffer.alloc(2);
  flagOctets.writeUInt16BE(flags);
  return Buffer.concat([flagOctets, ...before, encodeTable(headers), ...after]);
}

/** Has `read` read each value there is, in the order of the wire. */
function walk(
  octets: Buffer,
  read: (name: keyof Properties, kind: Kind, reader: OctetReader, index: number) => void,
): void {
  const reader = new OctetReader(octets);
  try {
    const flags = reader.short();
    for (let index = 0; index < LAYOUT.length; index++) {
      if ((flags & flagOf(index)) === 0) continue;
      const [name, kind] = LAYOUT[index] as (typeof LAYOUT)[number];
      read(name, kind, reader, index);
    }
    if (!reader.atEnd) throw new MalformedOctetsError('Octets are left behind the last property');
  } catch (error) {
    throw error instanceof MalformedOctetsError ? undecodable(541, octets) : error;
  }
}

function flagOf(index: number): number {
  return 0x8000 >>> index;
}
