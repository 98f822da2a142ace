import { EntryList } from './entry-list.js';
import type { Entry } from './queued-message.js';

/** The messages that wait for someone to take them: the highest priority first, within one the oldest first. */
export class ReadyMessages {
  /** By priority. A queue without priorities has one list. */
  readonly #lists: EntryList[];
  #length = 0;
  #bytes = 0;

  constructor(maxPriority: number) {
    this.#lists = Array.from({ length: maxPriority + 1 }, () => new EntryList());
  }

  get length(): number {
    return this.#length;
  }

  /** Of the bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The one whose turn it is. */
  get first(): Entry | undefined {
    for (let priority = this.#lists.length - 1; priority >= 0; priority -= 1) {
      const first = this.#lists[priority]?.first;
      if (first !== undefined) {
        return first;
      }
    }
    return undefined;
  }

  /** Puts a new one behind those of its priority. */
  push(entry: Entry): void {
    this.#listOf(entry).push(entry);
    this.#added(entry);
  }

  /** Puts one back where it was. */
  insert(entry: Entry): void {
    this.#listOf(entry).insert(entry);
    this.#added(entry);
  }

  remove(entry: Entry): void {
    this.#listOf(entry).remove(entry);
    this.#length -= 1;
    this.#bytes -= entry.stored.body.length;
  }

  *[Symbol.iterator](): Generator<Entry, void> {
    for (const list of this.#lists.toReversed()) {
      yield* list;
    }
  }

  #added(entry: Entry): void {
    entry.place = 'ready';
    this.#length += 1;
    this.#bytes += entry.stored.body.length;
  }

  #listOf(entry: Entry): EntryList {
    const list = this.#lists[entry.priority];
    if (list === undefined) {
      throw new RangeError(
        `a queue with priorities up to ${this.#lists.length - 1} was given one of ${entry.priority}`,
      );
    }
    return list;
  }
}
