import type { WireClient } from '../wire-client.js';

/** Headers with the type letter of each value: `S text`, `l 1`, `T 1795487546`; arrays and tables hold such. */
export type TypedValue = string | readonly TypedValue[] | { readonly [key: string]: TypedValue };

/** Waits for a message on channel 1, however it comes, and reads the types of its headers, which a client's codec hides. */
export async function nextTypedHeaders(client: WireClient): Promise<TypedValue | undefined> {
  await client.nextFrame();
  const { payload } = await client.nextFrame();
  let left = Number(payload.readBigUInt64BE(4));
  while (left > 0) left -= (await client.nextFrame()).payload.length;
  const flags = payload.readUInt16BE(12);
  let offset = 14;
  for (const shortString of [0x8000, 0x4000]) {
    if ((flags & shortString) !== 0) offset += 1 + payload.readUInt8(offset);
  }
  return (flags & 0x2000) === 0 ? undefined : new Reader(payload, offset).table();
}

class Reader {
  readonly #octets: Buffer;
  #offset: number;

  constructor(octets: Buffer, offset: number) {
    this.#octets = octets;
    this.#offset = offset;
  }

  table(): { readonly [key: string]: TypedValue } {
    const table: Record<string, TypedValue> = {};
    const length = this.#take(4).readUInt32BE();
    for (const end = this.#offset + length; this.#offset < end; ) {
      const key = this.#take(this.#take(1).readUInt8()).toString();
      table[key] = this.#value();
    }
    return table;
  }

  #value(): TypedValue {
    const type = this.#take(1).toString();
    switch (type) {
      case 'S':
        return `S ${this.#take(this.#take(4).readUInt32BE()).toString()}`;
      case 'l':
      case 'T':
        return `${type} ${this.#take(8).readBigInt64BE()}`;
      case 'b':
        return `b ${this.#take(1).readInt8()}`;
      case 'F':
        return this.table();
      case 'A': {
        const array: TypedValue[] = [];
        const length = this.#take(4).readUInt32BE();
        for (const end = this.#offset + length; this.#offset < end; ) array.push(this.#value());
        return array;
      }
      default:
        throw new Error(`A header of type ${type} was not expected here.`);
    }
  }

  #take(length: number): Buffer {
    const taken = this.#octets.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return taken;
  }
}
