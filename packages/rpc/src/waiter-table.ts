/** One that is looked up by its id; the table's to link. */
export interface Tabled {
  readonly messageId: string;
  /** The next of the same bucket. */
  nextInTable: Tabled | undefined;
}

/**
 * What is found by an id of random digits.
 *
 * Not a Map: one that fills and empties makes its table anew again and again, and those that have outlived a garbage
 * collection keep all later ones alive until the next full one, and what was in them.
 */
export class WaiterTable<T extends Tabled> {
  #buckets: (T | undefined)[] = new Array<T | undefined>(64).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(messageId: string): T | undefined {
    let entry = this.#buckets[this.#bucketOf(messageId)];
    while (entry !== undefined && entry.messageId !== messageId) entry = entry.nextInTable as T | undefined;
    return entry;
  }

  add(entry: T): void {
    if (this.#size === this.#buckets.length) this.#grow();
    this.#link(entry);
    this.#size += 1;
  }

  /** Nothing, if it is not there. */
  delete(entry: T): void {
    const bucket = this.#bucketOf(entry.messageId);
    let before: T | undefined;
    for (let at = this.#buckets[bucket]; at !== undefined; at = at.nextInTable as T | undefined) {
      if (at === entry) {
        const next = entry.nextInTable as T | undefined;
        if (before === undefined) this.#buckets[bucket] = next;
        else before.nextInTable = next;
        entry.nextInTable = undefined;
        this.#size -= 1;
        return;
      }
      before = at;
    }
  }

  all(): T[] {
    const all: T[] = [];
    for (const first of this.#buckets) {
      for (let entry = first; entry !== undefined; entry = entry.nextInTable as T | undefined) all.push(entry);
    }
    return all;
  }

  #link(entry: T): void {
    const bucket = this.#bucketOf(entry.messageId);
    entry.nextInTable = this.#buckets[bucket];
    this.#buckets[bucket] = entry;
  }

  #grow(): void {
    const all = this.all();
    this.#buckets = new Array<T | undefined>(this.#buckets.length * 2).fill(undefined);
    for (const entry of all) this.#link(entry);
  }

  // Its last digits are random ones; what a peer sends for an id may have none.
  #bucketOf(id: string): number {
    let hash = 0;
    for (let i = id.length - 6; i < id.length; i += 1) hash = (hash * 33 + id.charCodeAt(i)) | 0;
    return hash & (this.#buckets.length - 1);
  }
}
