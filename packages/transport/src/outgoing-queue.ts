import type { Outgoing } from './outgoing.js';

const COMPACT_FROM = 1_024;

/** Messages in order. Those that were settled meanwhile are passed over, and not kept for long. */
export class OutgoingQueue {
  #messages: Outgoing[] = [];
  #head = 0;
  #compactAt = COMPACT_FROM;

  /** How many are not settled; it counts them. */
  count(): number {
    let count = 0;
    for (let i = this.#head; i < this.#messages.length; i += 1) if (this.#messages[i]?.settled === false) count += 1;
    return count;
  }

  push(message: Outgoing): void {
    this.#messages.push(message);
    if (this.#messages.length >= this.#compactAt) this.#compact();
  }

  /** The first that is not settled; it stays. */
  first(): Outgoing | undefined {
    for (; this.#head < this.#messages.length; this.#head += 1) {
      const message = this.#messages[this.#head] as Outgoing;
      if (!message.settled) return message;
    }
    if (this.#head > 0) this.#clear();
    return undefined;
  }

  /** Drops what `first` gave. */
  shift(): void {
    this.#head += 1;
  }

  /** All that are not settled; they stay. */
  all(): Outgoing[] {
    return this.#messages.slice(this.#head).filter(({ settled }) => !settled);
  }

  /** All that are not settled; the queue is empty then. */
  takeAll(): Outgoing[] {
    const all = this.all();
    this.#clear();
    return all;
  }

  #clear(): void {
    this.#messages = [];
    this.#head = 0;
    this.#compactAt = COMPACT_FROM;
  }

  // Half of what it has grown to may be settled; so each message is looked at a constant number of times.
  #compact(): void {
    this.#messages = this.all();
    this.#head = 0;
    this.#compactAt = Math.max(COMPACT_FROM, this.#messages.length * 2);
  }
}
