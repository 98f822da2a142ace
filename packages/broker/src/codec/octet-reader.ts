import { channelFailure } from '../failure.js';
import { readShortString } from './short-strings.js';

const TWO_TO_32 = 2 ** 32;

/** The octets are not what they should be: they end too early, or hold what there is not. Callers say it in AMQP's codes. */
export class MalformedOctetsError extends Error {
  override readonly name: string = 'MalformedOctetsError';
}

/** Reads AMQP's basic types one after the other; throws a MalformedOctetsError when the octets end before the value does. */
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

  /** A delivery tag, of 64 bits. Throws an AmqpFailure of the channel (406) above 2 ** 53: no such tag was ever given. */
  longlong(): number {
    const at = this.#advance(8);
    const high = this.#octets.readUInt32BE(at);
    if (high >= 2 ** 21) throw channelFailure(406, `unknown delivery tag ${this.#octets.readBigUInt64BE(at)}`);
    return high * TWO_TO_32 + this.#octets.readUInt32BE(at + 4);
  }

  /** All 64 bits, unsigned. */
  bigLonglong(): bigint {
    return this.#octets.readBigUInt64BE(this.#advance(8));
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
    if (size > this.#end - at) throw new MalformedOctetsError(`Expected ${size} more octets, found ${this.#end - at}`);
    this.position = at + size;
    return at;
  }
}
