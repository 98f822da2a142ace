import { type FieldTable, readTable, writeTable } from './field-table.js';
import { OctetReader } from './octet-reader.js';
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

/** Reads the flags and values of a content header. Throws an AmqpFailure (502) when they are malformed. */
export function decodeProperties(octets: Buffer): Properties {
  const reader = new OctetReader(octets);
  const flags = reader.short();
  const properties: Record<string, string | number | bigint | FieldTable> = {};
  LAYOUT.forEach(([name, kind], index) => {
    if ((flags & flagOf(index)) === 0) return;
    properties[name] =
      kind === 'table' ? readTable(reader) : kind === 'timestamp' ? reader.take(8).readBigUInt64BE(0) : reader[kind]();
  });
  return properties;
}

/** The flags and values of a content header. */
export function encodeProperties(properties: Properties): Buffer {
  const writer = new OctetWriter();
  let flags = 0;
  LAYOUT.forEach(([name], index) => {
    if (properties[name] !== undefined) flags |= flagOf(index);
  });
  writer.short(flags);
  for (const [name, kind] of LAYOUT) {
    const value = properties[name];
    if (value === undefined) continue;
    if (kind === 'shortstr') writer.shortstr(value as string);
    else if (kind === 'octet') writer.octet(value as number);
    else if (kind === 'table') writeTable(writer, value as FieldTable);
    else writer.raw(8, (octets, at) => octets.writeBigUInt64BE(value as bigint, at));
  }
  return writer.take();
}

/**
 * Properties with other headers, the octets of everything else kept as they came: what dead-lettering does to a message.
 *
 * With `{ expiration: undefined }` the expiration is left out.
 */
export function replaceHeaders(
  propertyOctets: Buffer,
  headers: FieldTable,
  changes: { readonly expiration?: undefined } = {},
): Buffer {
  const properties = decodeProperties(propertyOctets);
  const { expiration, ...others } = properties;
  const kept = 'expiration' in changes || expiration === undefined ? others : { ...others, expiration };
  return encodeProperties({ ...kept, headers });
}

function flagOf(index: number): number {
  return 1 << (15 - index);
}
