import type { Entry } from './queued-message.js';

/**
 * Entries in a row, linked through themselves: adding, taking from the front and removing anywhere cost the same in a list of
 * one and of a million, nothing is allocated, and what is taken out is given back at once.
 */
export class EntryList {
  #first: Entry | undefined = undefined;
  #last: Entry | undefined = undefined;
  /** Where the latest insertion was: those that follow are mostly next to it. */
  #near: Entry | undefined = undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): Entry | undefined {
    return this.#first;
  }

  /** Puts it at the end. */
  push(entry: Entry): void {
    const last = this.#last;
    entry.previous = last;
    if (last === undefined) {
      this.#first = entry;
    } else {
      last.next = entry;
    }
    this.#last = entry;
    this.#length += 1;
  }

  /** Puts it where its sequence belongs, in a list that is in order of sequence. */
  insert(entry: Entry): void {
    let after = this.#near ?? this.#first;
    // Forward past all that are older, then back past all that are younger: only one of the two does anything.
    while (after?.next !== undefined && after.next.sequence < entry.sequence) {
      after = after.next;
    }
    while (after !== undefined && after.sequence > entry.sequence) {
      after = after.previous;
    }
    const before = after === undefined ? this.#first : after.next;
    entry.previous = after;
    entry.next = before;
    if (after === undefined) {
      this.#first = entry;
    } else {
      after.next = entry;
    }
    if (before === undefined) {
      this.#last = entry;
    } else {
      before.previous = entry;
    }
    this.#near = entry;
    this.#length += 1;
  }

  /** Takes it out; it must be in this list. */
  remove(entry: Entry): void {
    const { previous, next } = entry;
    if (previous === undefined) {
      this.#first = next;
    } else {
      previous.next = next;
    }
    if (next === undefined) {
      this.#last = previous;
    } else {
      next.previous = previous;
    }
    if (this.#near === entry) {
      this.#near = next ?? previous;
    }
    // An entry that is gone must not hold on to those that are not.
    entry.previous = undefined;
    entry.next = undefined;
    this.#length -= 1;
  }

  *[Symbol.iterator](): Generator<Entry, void> {
    let entry = this.#first;
    while (entry !== undefined) {
      const { next } = entry;
      yield entry;
      entry = next;
    }
  }
}
