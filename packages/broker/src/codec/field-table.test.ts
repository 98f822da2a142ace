import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amqplibTables } from '../../test/codec/amqplib-codec.js';
import { fieldTables } from '../../test/codec/arbitrary-fields.js';
import { decodeTable, encodeTable, type FieldValue, plainTable, tableOf } from './field-table.js';

const plain = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 20 }).filter((name) => name !== '__proto__' && name !== '!'),
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.constant(null),
    fc.integer(),
    // amqplib takes larger ones for integers, and fails.
    fc.double({ noNaN: true, min: -1e15, max: 1e15 }).filter((n) => !Number.isInteger(n)),
    fc.array(fc.string(), { maxLength: 3 }),
  ),
);

describe('field tables', () => {
  it('come back as they were, types and order too', () => {
    fc.assert(
      fc.property(fieldTables, fc.uint8Array({ maxLength: 5 }), (table, before) => {
        const octets = encodeTable(table);
        const { table: read, end } = decodeTable(Buffer.concat([before, octets, before]), before.length);
        expect(end).toBe(before.length + octets.length);
        expect(read).toEqual(table);
        expect([...read.keys()]).toEqual([...table.keys()]);
        expect(encodeTable(read)).toEqual(octets);
      }),
    );
  });

  it('are read by amqplib', () => {
    fc.assert(
      fc.property(plain, (record) => {
        expect(amqplibTables.decodeFields(encodeTable(tableOf(record)).subarray(4))).toEqual({ ...record });
      }),
    );
  });

  it('of amqplib are read', () => {
    fc.assert(
      fc.property(plain, (record) => {
        const octets = Buffer.alloc(65_536);
        const end = amqplibTables.encodeTable(octets, record, 0);
        const decoded = decodeTable(octets, 0);
        expect(decoded.end).toBe(end);
        expect(plainTable(decoded.table)).toEqual({ ...record });
      }),
    );
  });

  it.each<[string, FieldValue, string]>([
    ['a boolean', { type: 't', value: true }, '7401'],
    ['an int8', { type: 'b', value: -2 }, '62fe'],
    ['an uint8', { type: 'B', value: 254 }, '42fe'],
    ['an int16', { type: 's', value: -2 }, '73fffe'],
    ['an uint16', { type: 'u', value: 65534 }, '75fffe'],
    ['an int32', { type: 'I', value: -2 }, '49fffffffe'],
    ['an uint32', { type: 'i', value: 4294967294 }, '69fffffffe'],
    ['an int64', { type: 'l', value: -2n }, '6cfffffffffffffffe'],
    ['a timestamp', { type: 'T', value: 1n }, '540000000000000001'],
    ['a float', { type: 'f', value: 1.5 }, '663fc00000'],
    ['a double', { type: 'd', value: 1.5 }, '643ff8000000000000'],
    ['a decimal', { type: 'D', scale: 2, value: 314 }, '44020000013a'],
    ['a string', { type: 'S', value: 'é' }, '5300000002c3a9'],
    ['octets', { type: 'x', value: Buffer.from('é') }, '7800000002c3a9'],
    ['an array', { type: 'A', value: [{ type: 'V' }, { type: 't', value: false }] }, '4100000003567400'],
    ['a table', { type: 'F', value: new Map([['b', { type: 'V' }]]) }, '460000000301' + '6256'],
    ['nothing', { type: 'V' }, '56'],
  ])('write and read %s', (_, value, hex) => {
    const octets = Buffer.from(`0161${hex}`, 'hex');
    const table = new Map([['a', value]]);
    expect(encodeTable(table).subarray(4)).toEqual(octets);
    expect(decodeTable(encodeTable(table), 0).table).toEqual(table);
  });

  it('keep a string that is not UTF-8', () => {
    const octets = Buffer.from([0, 0, 0, 9, 1, 0x61, 0x53, 0, 0, 0, 2, 0xff, 0xfe]);
    const { table } = decodeTable(octets, 0);
    expect(plainTable(table)).toEqual({ a: '\ufffd\ufffd' });
    expect(encodeTable(table)).toEqual(octets);
  });

  it('read L as l, as RabbitMQ does', () => {
    const octets = Buffer.from('0000000b01614c0000000000000005', 'hex');
    expect(decodeTable(octets, 0).table).toEqual(new Map([['a', { type: 'l', value: 5n }]]));
  });

  it('may be larger than 64 KiB', () => {
    const table = tableOf(Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`name-${n}`, 'x'.repeat(100)])));
    const octets = encodeTable(table);
    expect(octets.length).toBeGreaterThan(2 * 65_536);
    expect(decodeTable(octets, 0).table).toEqual(table);
  });

  it.each([
    ['ends in its length', '000000'],
    ['is shorter than its length', '0000000501'],
    ['ends in a name', '000000020561'],
    ['ends before a type', '000000020161'],
    ['ends in a value', '0000000401614900'],
    ['has a value of no type', '0000000301615a'],
    ['has a string beyond its end', '000000070161530000000178'],
  ])('are refused when one %s', (_, hex) => {
    expect(() => decodeTable(Buffer.from(hex, 'hex'), 0)).toThrow('FRAME_ERROR - cannot decode <<');
  });

  it('are refused when they are nested without end', () => {
    const nest = (depth: number): Buffer => {
      let octets = Buffer.alloc(0);
      for (let level = 0; level < depth; level++) {
        const head = Buffer.from([0x41, 0, 0, 0, 0]);
        head.writeUInt32BE(octets.length, 1);
        octets = Buffer.concat([head, octets]);
      }
      const head = Buffer.alloc(6);
      head.writeUInt32BE(octets.length + 2);
      head.write('\x01a', 4);
      return Buffer.concat([head, octets]);
    };
    expect(decodeTable(nest(200), 0).table.get('a')?.type).toBe('A');
    expect(() => decodeTable(nest(5000), 0)).toThrow('FRAME_ERROR');
  });

  it('of random octets are read or refused, nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const octets = Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
        try {
          decodeTable(octets, 0);
        } catch (error) {
          expect(error).toMatchObject({ name: 'AmqpFailure' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
