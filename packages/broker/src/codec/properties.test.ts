import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amqplibDefinitions } from '../../test/codec/amqplib-codec.js';
import { fieldTables, shortStrings } from '../../test/codec/arbitrary-fields.js';
import { tableOf } from './field-table.js';
import { decodeContentHeader } from './frames.js';
import { decodeProperties, encodeProperties, type Properties, replaceHeaders } from './properties.js';

const octet = fc.nat(255);

const texts = {
  contentType: shortStrings,
  contentEncoding: shortStrings,
  correlationId: shortStrings,
  replyTo: shortStrings,
  expiration: shortStrings,
  messageId: shortStrings,
  type: shortStrings,
  userId: shortStrings,
  appId: shortStrings,
  clusterId: shortStrings,
};

const allProperties = fc.record(
  {
    ...texts,
    headers: fieldTables,
    deliveryMode: octet,
    priority: octet,
    timestamp: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  },
  { requiredKeys: [] },
);

// amqplib writes no empty string where it writes no number 0; both are legal.
const plainProperties = fc.record(
  {
    ...texts,
    headers: fc.constant({ 'x-a': 'b', n: 5 }),
    deliveryMode: octet,
    priority: octet,
    timestamp: fc.maxSafeNat(),
  },
  { requiredKeys: [] },
);

function ours(properties: Readonly<Record<string, unknown>>): Properties {
  const { headers, timestamp, ...rest } = properties;
  return {
    ...rest,
    ...(headers === undefined ? {} : { headers: tableOf(headers as Record<string, unknown>) }),
    ...(timestamp === undefined ? {} : { timestamp: BigInt(timestamp as number) }),
  };
}

describe('properties', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(allProperties, (properties) => {
        const octets = encodeProperties(properties);
        expect(decodeProperties(octets)).toEqual(properties);
        expect(encodeProperties(decodeProperties(octets))).toEqual(octets);
      }),
    );
  });

  it('are read by amqplib', () => {
    fc.assert(
      fc.property(plainProperties, (properties) => {
        const read = amqplibDefinitions.decode(60, encodeProperties(ours(properties)));
        const present = Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
        expect(present).toEqual({ ...properties });
      }),
    );
  });

  it('of amqplib are read', () => {
    fc.assert(
      fc.property(plainProperties, (properties) => {
        const frame = amqplibDefinitions.encodeProperties(60, 1, 7, properties);
        const header = decodeContentHeader(frame.subarray(7, -1));
        expect(header).toMatchObject({ classId: 60, bodySize: 7 });
        const { headers, ...rest } = decodeProperties(header.propertyOctets);
        const { headers: expectedHeaders, ...expected } = ours(properties);
        expect(rest).toEqual(expected);
        expect(headers?.size).toBe(expectedHeaders?.size);
      }),
    );
  });

  it('without any are two octets', () => {
    expect(encodeProperties({})).toEqual(Buffer.from([0, 0]));
    expect(decodeProperties(Buffer.from([0, 0]))).toEqual({});
  });

  it.each([
    ['no flags', ''],
    ['half the flags', '80'],
    ['a string without its end', '80000761'],
    ['a timestamp without its end', '004000000000000000'],
    ['more than the flags say', '800001616162'],
  ])('with %s are refused', (_, hex) => {
    expect(() => decodeProperties(Buffer.from(hex, 'hex'))).toThrow('INTERNAL_ERROR - cannot decode');
  });
});

describe('headers replaced', () => {
  it('leave every other property as it was', () => {
    fc.assert(
      fc.property(allProperties, fieldTables, (properties, headers) => {
        const replaced = replaceHeaders(encodeProperties(properties), headers);
        expect(replaced).toEqual(encodeProperties({ ...properties, headers }));
      }),
    );
  });

  it('leave the expiration out when told to', () => {
    fc.assert(
      fc.property(allProperties, fieldTables, (properties, headers) => {
        const { expiration: _, ...others } = properties;
        const replaced = replaceHeaders(encodeProperties(properties), headers, { expiration: undefined });
        expect(replaced).toEqual(encodeProperties({ ...others, headers }));
      }),
    );
  });

  it('keep octets that are not UTF-8', () => {
    const octets = Buffer.from([0x80, 0, 2, 0xff, 0xfe]);
    expect(replaceHeaders(octets, new Map())).toEqual(Buffer.from([0xa0, 0, 2, 0xff, 0xfe, 0, 0, 0, 0]));
  });
});
