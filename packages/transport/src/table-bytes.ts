import { InvalidArgumentError } from './errors.js';
import { isShortString } from './short-string.js';

const MAX_DEPTH = 100;

/**
 * How long AMQP's table of these entries is at most, in bytes.
 * @throws InvalidArgumentError for what AMQP has no type for; it is named, `path` first.
 */
export function tableBytesAtMost(table: object, path: string, depth = 0): number {
  let size = 4;
  for (const name in table) {
    const value = (table as Record<string, unknown>)[name];
    if (value === undefined) continue;
    if (!isShortString(name)) throw new InvalidArgumentError('The name of a header has at most 255 bytes in UTF-8.');
    size += 1 + Buffer.byteLength(name) + valueSize(value, `${path}.${name}`, depth);
  }
  return size;
}

/** Bytes of a value in a table, its type included, or more. */
function valueSize(value: unknown, path: string, depth: number): number {
  if (depth > MAX_DEPTH) throw new InvalidArgumentError('The headers are nested too deeply, or hold themselves.');
  switch (typeof value) {
    case 'string':
      return 5 + Buffer.byteLength(value);
    case 'boolean':
      return 2;
    case 'number':
      if (Number.isNaN(value)) break;
      return 9;
    case 'object':
      if (value === null) return 1;
      if (Buffer.isBuffer(value)) return 5 + value.length;
      // Objects to JavaScript, and nothing that AMQP has a type for.
      if (value instanceof Date || value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) break;
      if (Array.isArray(value)) {
        return value.reduce<number>((sum, item, i) => sum + valueSize(item, `${path}[${i}]`, depth + 1), 5);
      }
      // amqplib's way to name a type, such as { '!': 'timestamp', value: 1 }: whether it fits is the codec's to say.
      if (Object.hasOwn(value, '!')) return 9;
      return 1 + tableBytesAtMost(value, path, depth + 1);
  }
  throw new InvalidArgumentError(
    `${path} cannot be encoded in AMQP: it is ${kindOf(value)}. Use strings, numbers, booleans, null, Buffers, and arrays and objects of those.`,
  );
}

function kindOf(value: unknown): string {
  if (Number.isNaN(value)) return 'NaN';
  return `of type ${typeof value === 'object' ? value?.constructor.name : typeof value}`;
}
