import fc from 'fast-check';
import type { FieldTable, FieldValue } from '../../src/codec/field-table.js';

/** Strings that fit a short string. */
export const shortStrings: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'binary-ascii', minLength: 240, maxLength: 255 }),
);

/** Octets that are views into a larger buffer or not. */
export const octets: fc.Arbitrary<Buffer> = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

const finite32 = fc.float({ noNaN: true, noDefaultInfinity: true });

const nested = fc.letrec<{ table: FieldTable; value: FieldValue }>((tie) => ({
  table: fc.array(fc.tuple(shortStrings, tie('value')), { maxLength: 5 }).map((entries) => new Map(entries)),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ type: fc.constant('t' as const), value: fc.boolean() }),
    fc.record({ type: fc.constant('b' as const), value: fc.integer({ min: -128, max: 127 }) }),
    fc.record({ type: fc.constant('B' as const), value: fc.integer({ min: 0, max: 255 }) }),
    fc.record({ type: fc.constant('s' as const), value: fc.integer({ min: -0x8000, max: 0x7fff }) }),
    fc.record({ type: fc.constant('u' as const), value: fc.integer({ min: 0, max: 0xffff }) }),
    fc.record({ type: fc.constant('I' as const), value: fc.integer() }),
    fc.record({ type: fc.constant('i' as const), value: fc.nat(0xffff_ffff) }),
    fc.record({ type: fc.constant('f' as const), value: finite32 }),
    fc.record({ type: fc.constant('d' as const), value: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
    fc.record({ type: fc.constant('l' as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
    fc.record({ type: fc.constant('T' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
    fc.record({ type: fc.constant('D' as const), scale: fc.nat(255), value: fc.nat(0xffff_ffff) }),
    fc.record({ type: fc.constant('S' as const), value: fc.string({ unit: 'binary' }) }),
    fc.record({ type: fc.constant('x' as const), value: octets }),
    fc.record({ type: fc.constant('V' as const) }),
    fc.record({ type: fc.constant('A' as const), value: fc.array(tie('value'), { maxLength: 4 }) }),
    fc.record({ type: fc.constant('F' as const), value: tie('table') }),
  ),
}));

/** Tables of every type, nested. */
export const fieldTables: fc.Arbitrary<FieldTable> = nested.table;
