const HEADER_BYTES = 7;
/** Bytes of a frame that are not its payload. */
const OVERHEAD = 8;
// From here on a frame has memory of its own: whoever keeps a body keeps no other with it.
const LARGE_BYTES = 16_384;

/** Puts frames together out of bytes that come in any pieces, and copies each byte once at most. */
export class WholeFrames {
  readonly #payloadBytesAtMost: number;
  readonly #ready: Buffer[] = [];
  // A frame that has not come to its end: as large as it will be, or as its header as long as that has not come.
  #begun: Buffer | undefined;
  #filled = 0;

  /** @param payloadBytesAtMost a frame that claims more is handed over as its header, for the decoder to refuse. */
  constructor(payloadBytesAtMost: number) {
    this.#payloadBytesAtMost = payloadBytesAtMost;
  }

  /** Whether the bytes so far end in the middle of a frame. */
  get inFrame(): boolean {
    return this.#begun !== undefined;
  }

  /** One or more whole frames, in the order they came; undefined when there are no more. */
  take(): Buffer | undefined {
    return this.#ready.shift();
  }

  /** @param isBorrowed whether the bytes will be written over: then nothing of them is kept. */
  add(bytes: Buffer, isBorrowed: boolean): void {
    let from = this.#begun === undefined ? 0 : this.#goOn(bytes);
    let at = from;
    while (bytes.length - at >= HEADER_BYTES) {
      const length = this.#lengthOf(bytes, at);
      const end = at + length;
      if (length === HEADER_BYTES || end > bytes.length) break;
      if (length >= LARGE_BYTES) {
        this.#hand(bytes, from, at, isBorrowed);
        this.#hand(bytes, at, end, isBorrowed);
        from = end;
      }
      at = end;
    }
    this.#hand(bytes, from, at, isBorrowed);
    if (at < bytes.length) this.#begin(bytes, at);
  }

  #hand(bytes: Buffer, from: number, to: number, isBorrowed: boolean): void {
    if (from === to) return;
    let frames = bytes.subarray(from, to);
    if (isBorrowed) {
      frames = allocate(to - from);
      bytes.copy(frames, 0, from, to);
    }
    this.#ready.push(frames);
  }

  #begin(bytes: Buffer, at: number): void {
    const hasHeader = bytes.length - at >= HEADER_BYTES;
    this.#begun = allocate(hasHeader ? this.#lengthOf(bytes, at) : HEADER_BYTES);
    this.#filled = 0;
    this.#goOn(bytes.subarray(at));
  }

  /** Fills what has begun; returns how many bytes that took. */
  #goOn(bytes: Buffer): number {
    let at = 0;
    while (this.#begun !== undefined && at < bytes.length) {
      const copied = bytes.copy(this.#begun, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled === this.#begun.length) this.#filledUp(this.#begun);
    }
    return at;
  }

  #filledUp(begun: Buffer): void {
    const length = this.#lengthOf(begun, 0);
    if (length === begun.length) {
      this.#ready.push(begun);
      this.#begun = undefined;
    } else {
      this.#begun = allocate(length);
      begun.copy(this.#begun);
    }
  }

  /** Of a frame with its header; of the header alone where it claims too much. */
  #lengthOf(bytes: Buffer, at: number): number {
    const payloadBytes = bytes.readUInt32BE(at + 3);
    return payloadBytes > this.#payloadBytesAtMost ? HEADER_BYTES : payloadBytes + OVERHEAD;
  }
}

/** Large memory is not shared with others, whatever the size of Node.js's pool. */
function allocate(length: number): Buffer {
  return length < LARGE_BYTES ? Buffer.allocUnsafe(length) : Buffer.allocUnsafeSlow(length);
}
