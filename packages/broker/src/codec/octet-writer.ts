import { shortStringSize, writeShortString } from './short-strings.js';

const INITIAL_OCTETS = 1024;
// A large table must not hold its room for good.
const KEPT_OCTETS = 65_536;
const TWO_TO_32 = 2 ** 32;

/** Writes AMQP's basic types one after the other into octets that grow. */
export class OctetWriter {
  #octets: Buffer = Buffer.allocUnsafeSlow(INITIAL_OCTETS);
  #position = 0;

  /** Begins anew; what was taken stays as it is. */
  reset(): void {
    this.#position = 0;
    if (this.#octets.length > KEPT_OCTETS) this.#octets = Buffer.allocUnsafeSlow(INITIAL_OCTETS);
  }

  octet(value: number): void {
    const at = this.#advance(1);
    this.#octets.writeUInt8(value, at);
  }

  short(value: number): void {
    const at = this.#advance(2);
    this.#octets.writeUInt16BE(value, at);
  }

  long(value: number): void {
    const at = this.#advance(4);
    this.#octets.writeUInt32BE(value, at);
  }

  /** Throws a RangeError unless it is a whole number that JavaScript holds exactly. */
  longlong(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not an unsigned whole number`);
    const at = this.#advance(8);
    this.#octets.writeUInt32BE(Math.floor(value / TWO_TO_32), at);
    this.#octets.writeUInt32BE(value % TWO_TO_32, at + 4);
  }

  /** All 64 bits, unsigned. */
  bigLonglong(value: bigint): void {
    const at = this.#advance(8);
    this.#octets.writeBigUInt64BE(value, at);
  }

  /** Throws a RangeError when the string has more than 255 octets. */
  shortstr(value: string): void {
    const size = shortStringSize(value);
    const at = this.#advance(1 + size);
    writeShortString(this.#octets, at, value, size);
  }

  longstr(value: Buffer | string): void {
    const length = Buffer.byteLength(value);
    this.long(length);
    const at = this.#advance(length);
    if (typeof value === 'string') this.#octets.write(value, at, length);
    else value.copy(this.#octets, at);
  }

  /** Leaves room for a long, and says where; `endLength` fills it with the number of octets written since. */
  beginLength(): number {
    return this.#advance(4);
  }

  endLength(at: number): void {
    this.#octets.writeUInt32BE(this.#position - at - 4, at);
  }

  /** What `write` writes into `size` new octets. */
  raw(size: number, write: (octets: Buffer, at: number) => void): void {
    const at = this.#advance(size);
    write(this.#octets, at);
  }

  /** A copy of what is written. */
  take(): Buffer {
    return Buffer.from(this.#octets.subarray(0, this.#position));
  }

  #advance(size: number): number {
    const at = this.#position;
    const end = at + size;
    if (end > this.#octets.length) this.#grow(end);
    this.#position = end;
    return at;
  }

  #grow(size: number): void {
    const larger = Buffer.allocUnsafe(Math.max(size, this.#octets.length * 2));
    this.#octets.copy(larger, 0, 0, this.#position);
    this.#octets = larger;
  }
}
