/** How much may be held. */
export interface BufferLimits {
  readonly messages: number;
  readonly bytes: number;
}

/** What the option `maxBuffered` says, with its defaults. */
export function bufferLimits(maxBuffered: number | Partial<BufferLimits>): BufferLimits {
  const { messages = 100_000, bytes = 536_870_912 } =
    typeof maxBuffered === 'number' ? { messages: maxBuffered } : maxBuffered;
  return { messages, bytes };
}

/** How much is held, and how much may be. */
export class BufferLimit {
  readonly #most: BufferLimits;
  #messages = 0;
  #bytes = 0;

  constructor(most: BufferLimits) {
    this.#most = most;
  }

  /** Which limit one more message of this size exceeds, in words. What is larger than all of the buffer goes alone. */
  exceededBy(size: number): string | undefined {
    if (this.#messages === 0) return undefined;
    const { messages, bytes } = this.#most;
    if (this.#messages >= messages) return `${messages} messages wait already (maxBuffered)`;
    if (this.#bytes + size > bytes) {
      return `with this one of ${size} bytes, more than ${bytes} bytes would wait (maxBuffered.bytes)`;
    }
    return undefined;
  }

  take(size: number): void {
    this.#messages += 1;
    this.#bytes += size;
  }

  release(size: number): void {
    this.#messages -= 1;
    this.#bytes -= size;
  }
}
