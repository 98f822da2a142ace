import { isUtf8 } from 'node:buffer';
import { connectionFailure, NO_METHOD } from '../failure.js';

const REPLACEMENT = '\ufffd';

/** The short string in these octets. Throws an AmqpFailure of the connection (501) when they are not UTF-8. */
export function readShortString(octets: Buffer, start: number, end: number): string {
  const value = octets.toString('utf8', start, end);
  if (value.includes(REPLACEMENT) && !isUtf8(octets.subarray(start, end))) {
    throw connectionFailure(501, 'Malformed UTF-8 in shortstr', { concerns: NO_METHOD });
  }
  return value;
}

/** Writes a short string with its length before it; says where it ends. `size` is its size in octets, at most 255. */
export function writeShortString(octets: Buffer, at: number, value: string, size: number): number {
  octets[at] = size;
  return at + 1 + octets.write(value, at + 1, size);
}

/** The size of a short string in octets. Throws a RangeError above 255. */
export function shortStringSize(value: string): number {
  const size = Buffer.byteLength(value);
  if (size > 255) throw new RangeError(`A short string has at most 255 octets, this one has ${size}`);
  return size;
}

/** What fits a short string: cut with dots at its end above 255 octets, as RabbitMQ cuts a reply text. */
export function fitShortString(value: string): string {
  const octets = Buffer.from(value);
  if (octets.length <= 255) return value;
  let end = 252;
  // Not in the middle of a character.
  while (((octets[end] as number) & 0xc0) === 0x80) end--;
  return `${octets.toString('utf8', 0, end)}...`;
}
