import type { FieldTable, FieldValue } from './field-table.js';

/** A table as plain data, for inspection: 64-bit numbers that JavaScript cannot hold stay bigint, timestamps become Date. */
export function plainTable(table: FieldTable): Record<string, unknown> {
  return Object.fromEntries(Array.from(table, ([name, value]) => [name, plainValue(value)]));
}

/**
 * Plain data as a table: whole numbers become `I` or `l`, other numbers `d`, bigint `l`, strings `S`, Buffer `x`, Date `T`;
 * undefined is left out. Throws a TypeError or RangeError for what a table cannot hold.
 */
export function tableOf(record: Readonly<Record<string, unknown>>): FieldTable {
  const table = new Map<string, FieldValue>();
  for (const [name, value] of Object.entries(record)) {
    if (value !== undefined) table.set(name, fieldOf(value));
  }
  return table;
}

function plainValue(field: FieldValue): unknown {
  switch (field.type) {
    case 'V':
      return null;
    case 'D':
      return field.value / 10 ** field.scale;
    case 'T':
      return new Date(Number(field.value) * 1000);
    case 'l':
      return Number.isSafeInteger(Number(field.value)) ? Number(field.value) : field.value;
    case 'A':
      return field.value.map(plainValue);
    case 'F':
      return plainTable(field.value);
    default:
      return field.value;
  }
}

function fieldOf(value: unknown): FieldValue {
  if (value === null) return { type: 'V' };
  if (typeof value === 'string') return { type: 'S', value };
  if (typeof value === 'boolean') return { type: 't', value };
  if (typeof value === 'bigint') return bigintField(value);
  if (typeof value === 'number') return numberField(value);
  if (Buffer.isBuffer(value)) return { type: 'x', value };
  if (value instanceof Date) return { type: 'T', value: BigInt(Math.floor(value.getTime() / 1000)) };
  if (Array.isArray(value)) return { type: 'A', value: value.map(fieldOf) };
  if (typeof value === 'object') return { type: 'F', value: tableOf(value as Record<string, unknown>) };
  throw new TypeError(`A table cannot hold a ${typeof value}`);
}

function bigintField(value: bigint): FieldValue {
  if (BigInt.asIntN(64, value) !== value)
    throw new RangeError(`A table cannot hold ${value}, which has more than 64 bits`);
  return { type: 'l', value };
}

function numberField(value: number): FieldValue {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return { type: 'd', value };
  return value === (value | 0) ? { type: 'I', value } : { type: 'l', value: BigInt(value) };
}
