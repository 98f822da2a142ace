/** An entry of a list of what runs. */
export interface Listed {
  /** The list's own note of where it is; -1: in none. */
  place: number;
}

/**
 * What runs, in no order. Whoever ends makes room for the last: nothing is left of them in the list, nor in a table that
 * it has outgrown, as is left in a Set: one that outlives a garbage collection has all of its later tables, and what
 * was in them, live on until the next full one.
 */
export class RunningList<T extends Listed> {
  readonly #all: T[] = [];

  get all(): readonly T[] {
    return this.#all;
  }

  add(item: T): void {
    item.place = this.#all.length;
    this.#all.push(item);
  }

  /** One that is not in it is fine. */
  delete(item: T): void {
    if (this.#all[item.place] !== item) return;
    const last = this.#all.pop();
    if (last !== undefined && last !== item) {
      this.#all[item.place] = last;
      last.place = item.place;
    }
    item.place = -1;
  }
}
