import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amqplibDefinitions } from '../../test/codec/amqplib-codec.js';
import { fieldTables, octets, shortStrings } from '../../test/codec/arbitrary-fields.js';
import { type FieldTable, plainTable, tableOf } from './field-table.js';
import { type FieldKind, METHODS, type MethodDefinition } from './method-table.js';
import { decodeMethod, encodeMethod, hasContent, METHOD_IDS, type MethodFields, type MethodName } from './methods.js';

type Fields = Readonly<Record<string, unknown>>;

const plainTables = fc.dictionary(fc.string({ maxLength: 10 }), fc.oneof(fc.string(), fc.boolean(), fc.integer()));

/** Values of each kind: ours, and the same as amqplib takes and gives them. */
const VALUES: Readonly<Record<FieldKind, fc.Arbitrary<unknown>>> = {
  octet: fc.nat(0xff),
  short: fc.nat(0xffff),
  long: fc.nat(0xffff_ffff),
  longlong: fc.maxSafeNat(),
  bit: fc.boolean(),
  shortstr: shortStrings,
  longstr: octets,
  table: plainTables.filter((table) => !Object.hasOwn(table, '__proto__')),
};

const NAMES = Object.keys(METHODS) as MethodName[];

function definitionOf(name: MethodName): MethodDefinition {
  return METHODS[name];
}

function numberOf(name: MethodName): number {
  return METHOD_IDS[name].classId * 0x10000 + METHOD_IDS[name].methodId;
}

function fieldNames(name: MethodName): string[] {
  return Object.keys(definitionOf(name).fields).filter((field) => !field.startsWith('reserved'));
}

function valuesOf(name: MethodName): fc.Arbitrary<Fields> {
  const { fields } = definitionOf(name);
  return fc.record(Object.fromEntries(fieldNames(name).map((field) => [field, VALUES[fields[field] as FieldKind]])));
}

function ours(name: MethodName, values: Fields): MethodFields<MethodName> {
  const { fields } = definitionOf(name);
  const entries = Object.entries(values).map(([field, value]) => [
    field,
    fields[field] === 'table' ? tableOf(value as Fields) : value,
  ]);
  return Object.fromEntries(entries) as MethodFields<MethodName>;
}

function theirs(values: Fields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([field, value]) => [field === 'noWait' ? 'nowait' : field, value]),
  );
}

function payloadOf(frame: Buffer): Buffer {
  return frame.subarray(7, -1);
}

describe('methods', () => {
  it('are those of amqplib, field by field', () => {
    for (const name of NAMES) {
      const info = amqplibDefinitions.info(numberOf(name));
      expect(info.name.toLowerCase()).toBe(name.replace(/[.-]/g, ''));
      expect(info.args.map(({ type }) => type)).toEqual(Object.values(definitionOf(name).fields));
      const kept = Object.keys(definitionOf(name).fields).map((field) => field.replace('noWait', 'nowait'));
      const known = info.args.map((arg, index) => (kept[index]?.startsWith('reserved') ? kept[index] : arg.name));
      expect(kept).toEqual(known);
    }
    expect(NAMES).toHaveLength(66);
  });

  it.each(NAMES)('amqplib reads our %s', (name) => {
    fc.assert(
      fc.property(valuesOf(name), fc.nat(0xffff), (values, channel) => {
        const frame = encodeMethod(channel, name, ours(name, values));
        expect([frame[0], frame.readUInt16BE(1), frame.readUInt32BE(3), frame.at(-1)]).toEqual([
          1,
          channel,
          frame.length - 8,
          0xce,
        ]);
        const payload = payloadOf(frame);
        expect(payload.readUInt32BE(0)).toBe(numberOf(name));
        expect(amqplibDefinitions.decode(numberOf(name), payload.subarray(4))).toMatchObject(theirs(values));
      }),
      { numRuns: 50 },
    );
  });

  it.each(NAMES)('we read %s of amqplib', (name) => {
    fc.assert(
      fc.property(valuesOf(name), fc.nat(0xffff), (values, channel) => {
        const frame = amqplibDefinitions.encodeMethod(numberOf(name), channel, theirs(values));
        const method = decodeMethod(payloadOf(frame));
        expect(method.name).toBe(name);
        expect(Object.keys(method.fields)).toEqual(fieldNames(name));
        for (const [field, value] of Object.entries(values)) {
          const read = (method.fields as Fields)[field];
          if (definitionOf(name).fields[field] !== 'table') expect(read).toEqual(value);
          // amqplib's numbers may be of other types than ours.
          else expect(plainTable(read as FieldTable)).toEqual(value);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('keep tables of every type', () => {
    fc.assert(
      fc.property(fieldTables, (table) => {
        const fields = { queue: 'q', exchange: 'e', routingKey: 'k', noWait: true, arguments: table };
        const method = decodeMethod(payloadOf(encodeMethod(1, 'queue.bind', fields)));
        expect(method).toEqual({ name: 'queue.bind', fields });
      }),
    );
  });

  it('with content are publish, return, deliver and get-ok', () => {
    expect(NAMES.filter(hasContent)).toEqual(['basic.publish', 'basic.return', 'basic.deliver', 'basic.get-ok']);
  });

  it('tell what is no method', () => {
    expect(() => decodeMethod(Buffer.from([0, 60, 0, 199]))).toThrow('COMMAND_INVALID - unknown method 60.199');
    expect(() => decodeMethod(Buffer.from('xx'))).toThrow('FRAME_ERROR - type 1, all octets = <<"xx">>: unknown_frame');
  });

  it('tell what cannot be read as RabbitMQ does', () => {
    expect(() => decodeMethod(Buffer.from([0, 60, 0, 10, 0]))).toThrow('FRAME_ERROR - cannot decode <<0>>');
    expect(() => decodeMethod(Buffer.from([0, 60, 0, 10, 0, 0, 0, 0, 0, 1, 0, 120]))).toThrow(
      'FRAME_ERROR - cannot decode <<0,0,0,0,0,1,0,120>>',
    );
    expect(() => decodeMethod(Buffer.from([0, 50, 0, 10, 0, 0, 2, 0xff, 0xfe, 0, 0, 0, 0, 0]))).toThrow(
      'FRAME_ERROR - Malformed UTF-8 in shortstr',
    );
  });

  it('are never half read: any cut is refused', () => {
    const frame = encodeMethod(1, 'basic.publish', {
      exchange: 'an exchange',
      routingKey: 'a key',
      mandatory: true,
      immediate: false,
    });
    const payload = payloadOf(frame);
    for (let length = 0; length < payload.length; length++) {
      expect(() => decodeMethod(payload.subarray(0, length))).toThrow('FRAME_ERROR');
    }
  });

  it('refuse a delivery tag that no broker gave', () => {
    const ack = Buffer.from([0, 60, 0, 80, 16, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(() => decodeMethod(ack)).toThrow('PRECONDITION_FAILED - unknown delivery tag 1152921504606846976');
  });

  it('cannot be written with a short string that is too long', () => {
    expect(() => encodeMethod(1, 'basic.cancel-ok', { consumerTag: 'é'.repeat(128) })).toThrow(RangeError);
    expect(payloadOf(encodeMethod(1, 'basic.cancel-ok', { consumerTag: 'é' }))).toEqual(
      Buffer.from([0, 60, 0, 31, 2, 0xc3, 0xa9]),
    );
  });

  it('of random octets are read or refused, nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.uint8Array({ maxLength: 60 }), (name, bytes) => {
        const payload = Buffer.concat([Buffer.alloc(4), bytes]);
        payload.writeUInt32BE(numberOf(name));
        try {
          decodeMethod(payload);
        } catch (error) {
          expect(error).toMatchObject({ name: 'AmqpFailure' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
