import { connectionFailure } from '../failure.js';
import { readShortString } from './short-strings.js';

const TWO_TO_32 = 2 ** 32;

/** Reads AMQP's basic types one after the other; throws an AmqpFailure (502) when the octets end before the value does. */
export class OctetReader {
  readonly #octets: Buffer;
  readonly #end: number;
  position: number;

  /** Reads `octets` from `position` up to `end`. Default: all of it. */
  constructor(octets: Buffer, position = 0, end: number = octets.length) {
    this.#octets = octets;
    this.#end = end;
    this.position = position;
  }

  get atEnd(): boolean {
    return this.position >= this.#end;
  }

  octet(): number {
    const at = this.#advance(1);
    return this.#octets[at] as number;
  }

  short(): number {
    const at = this.#advance(2);
    return this.#octets.readUInt16BE(at);
  }

  long(): number {
    const at = this.#advance(4);
    return this.#octets.readUInt32BE(at);
  }

  /** An unsigned number of 64 bits; those that a JavaScript number cannot hold are refused (502). */
  longlong(): number {
    const at = this.#advance(8);
    const high = this.#octets.readUInt32BE(at);
    if (high >= 2 ** 21) throw connectionFailure(502, `${this.#octets.readBigUInt64BE(at)} is out of range`);
    return high * TWO_TO_32 + this.#octets.readUInt32BE(at + 4);
  }

  shortstr(): string {
    const length = this.octet();
    const at = this.#advance(length);
    return readShortString(this.#octets, at, at + length);
  }

  /** Octets with their length before them, as a view of what is read. */
  longstr(): Buffer {
    const length = this.long();
    return this.take(length);
  }

  /** The next octets, as a view of what is read. */
  take(length: number): Buffer {
    const at = this.#advance(length);
    return this.#octets.subarray(at, at + length);
  }

  #advance(size: number): number {
    const at = this.position;
    if (size > this.#end - at) throw connectionFailure(502, `expected ${size} more octets, found ${this.#end - at}`);
    this.position = at + size;
    return at;
  }
}
