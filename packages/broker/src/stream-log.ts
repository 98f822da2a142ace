import type { Message } from './message.js';
import { messageWithHeader } from './message-headers.js';

interface LogEntry {
  readonly stored: Message;
  readonly storedAt: number;
  /** With its offset in a header; made for the first reader, and the same for all. */
  delivered: Message | undefined;
}

// Below this, moving what is left to the front costs more than it gives back.
const COMPACT_FROM = 1024;

/** The messages of a stream, each at its offset for ever, however many of the oldest are dropped. */
export class StreamLog {
  #entries: (LogEntry | undefined)[] = [];
  /** Where in the array the oldest is. */
  #head = 0;
  #first = 0;
  #bodyBytes = 0;
  #bytes = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** The offset of the oldest message there is. */
  get first(): number {
    return this.#first;
  }

  /** The offset the next message will have. */
  get end(): number {
    return this.#first + this.length;
  }

  /** Of the bodies. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** Of properties and bodies, as they were published. */
  get bytes(): number {
    return this.#bytes;
  }

  append(message: Message): void {
    this.#entries.push({ stored: message, storedAt: Date.now(), delivered: undefined });
    this.#bodyBytes += message.body.length;
    this.#bytes += message.size;
  }

  /** The message at an offset that is there, as readers get it. */
  at(offset: number): Message | undefined {
    const entry = this.#entries[this.#head + offset - this.#first];
    if (entry === undefined) {
      return undefined;
    }
    entry.delivered ??= messageWithHeader(entry.stored, 'x-stream-offset', { type: 'l', value: BigInt(offset) });
    return entry.delivered;
  }

  /** The offset of the first message stored at this time or later, in milliseconds since 1970; the end if there is none. */
  since(time: number): number {
    const index = this.#entries.findIndex(
      (entry, at) => at >= this.#head && entry !== undefined && entry.storedAt >= time,
    );
    return index === -1 ? this.end : this.#first + index - this.#head;
  }

  /** Drops the oldest message; says how many bytes that gives back. */
  dropFirst(): number {
    const entry = this.#entries[this.#head];
    if (entry === undefined) {
      return 0;
    }
    this.#entries[this.#head] = undefined;
    this.#head += 1;
    this.#first += 1;
    if (this.#head >= COMPACT_FROM && this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    this.#bodyBytes -= entry.stored.body.length;
    this.#bytes -= entry.stored.size;
    return entry.stored.size;
  }
}
