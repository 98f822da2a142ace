import type { FieldValue } from './codec/field-table.js';

// RabbitMQ compares values of tables as Erlang does, and prints them so in its replies.

const typeNames: Readonly<Record<FieldValue['type'], string>> = {
  t: 'bool',
  b: 'byte',
  B: 'unsignedbyte',
  s: 'short',
  u: 'unsignedshort',
  I: 'signedint',
  i: 'unsignedint',
  l: 'long',
  f: 'float',
  d: 'double',
  D: 'decimal',
  T: 'timestamp',
  S: 'longstr',
  x: 'binary',
  A: 'array',
  F: 'table',
  V: 'void',
};

/** RabbitMQ's name for the type of a value. */
export function typeName(value: FieldValue): string {
  return typeNames[value.type];
}

/** A value as RabbitMQ prints it in a reply: a string bare, all else as Erlang's `~p`. */
export function printValue(value: FieldValue): string {
  return value.type === 'S' ? value.value : printTerm(value);
}

/** A value as Erlang's `~p` prints it: a string is `<<"text">>`. */
export function printTerm(field: FieldValue): string {
  switch (field.type) {
    case 'S':
      return printBinary(field.octets ?? Buffer.from(field.value));
    case 'x':
      return printBinary(field.value);
    case 'f':
    case 'd':
      return printFloat(field.value);
    case 'D':
      return `{${field.scale},${field.value}}`;
    case 'A':
      return `[${field.value.map((item) => `{${typeName(item)},${printTerm(item)}}`).join(',')}]`;
    case 'F':
      return `[${Array.from(field.value, ([name, item]) => `{${printBinary(Buffer.from(name))},${typeName(item)},${printTerm(item)}}`).join(',')}]`;
    case 'V':
      return 'undefined';
    default:
      return String(field.value);
  }
}

// The shorter of 100.0 and 1.0e3.
function printFloat(value: number): string {
  const plain = Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const scientific = `${digits.includes('.') ? digits : `${digits}.0`}e${exponent.replace('+', '')}`;
  return plain.includes('e') || plain.length > scientific.length ? scientific : plain;
}

function printBinary(octets: Buffer): string {
  const printable = octets.every((octet) => octet >= 32 && octet < 127);
  if (printable) return `<<"${octets.toString('latin1').replaceAll(/["\\]/g, '\\$&')}">>`;
  return `<<${octets.join(',')}>>`;
}

/** Whether two values are the same by Erlang's `==`: 1 is 1 in every numeric type, a string is a binary. */
export function equalTerms(one: FieldValue, other: FieldValue): boolean {
  if (one.type === other.type && one.type !== 'S' && 'value' in one && typeof one.value !== 'object') {
    return one.value === (other as { readonly value: unknown }).value && sameScale(one, other);
  }
  if (isText(one) && isText(other)) return one.value === other.value;
  if (isBinary(one) && isBinary(other)) return octetsOf(one).equals(octetsOf(other));
  if (isNumber(one) && isNumber(other)) return equalNumbers(one.value, other.value);
  if (one.type === 'V' || other.type === 'V') return one.type === other.type;
  return isList(one) && isList(other) && equalLists(itemsOf(one), itemsOf(other));
}

function sameScale(one: FieldValue, other: FieldValue): boolean {
  return one.type !== 'D' || other.type !== 'D' || one.scale === other.scale;
}

function isText(field: FieldValue): field is Extract<FieldValue, { type: 'S' }> {
  return field.type === 'S' && field.octets === undefined;
}

function isBinary(field: FieldValue): field is Extract<FieldValue, { type: 'S' | 'x' }> {
  return field.type === 'S' || field.type === 'x';
}

function octetsOf(field: Extract<FieldValue, { type: 'S' | 'x' }>): Buffer {
  return field.type === 'x' ? field.value : (field.octets ?? Buffer.from(field.value));
}

function isNumber(field: FieldValue): field is Extract<FieldValue, { value: number | bigint }> {
  return field.type !== 'D' && 'value' in field && (typeof field.value === 'number' || typeof field.value === 'bigint');
}

function equalNumbers(one: number | bigint, other: number | bigint): boolean {
  // A comparison of order is exact between number and bigint; === would be false.
  return one <= other && one >= other;
}

function isList(field: FieldValue): field is Extract<FieldValue, { type: 'A' | 'F' }> {
  return field.type === 'A' || field.type === 'F';
}

type Item = readonly [name: string | undefined, value: FieldValue];

function itemsOf(field: Extract<FieldValue, { type: 'A' | 'F' }>): readonly Item[] {
  return field.type === 'A' ? field.value.map((value): Item => [undefined, value]) : [...field.value];
}

function equalLists(ones: readonly Item[], others: readonly Item[]): boolean {
  return (
    ones.length === others.length &&
    ones.every(([name, value], index) => {
      const [otherName, otherValue] = others[index] as Item;
      // Inside a list the types are part of what is compared.
      return name === otherName && value.type === otherValue.type && equalTerms(value, otherValue);
    })
  );
}
