/** Ids in the order they came, with the number that each has among all. */
interface Generation {
  readonly first: number;
  readonly numbers: Map<string, number>;
  /** When they came, by number from `first` on; empty where nobody asks for the time. */
  readonly times: number[];
}

/**
 * Remembers the last so many ids, for so long. oslo remembers 16 without a limit in time; more outlive a reconnect of a
 * busy client.
 *
 * Two generations, of which the older is dropped as a whole: ids that are deleted one by one have a Map make its table anew
 * every few thousand, and the garbage collector copy each of them.
 */
export class Duplicates {
  readonly #limit: number;
  readonly #windowMs: number;
  #last = 0;
  #young: Generation = newGeneration(1);
  #old: Generation = this.#young;

  /** @param windowMs how long an id is remembered; 0: for as long as the limit allows. */
  constructor(limit: number, windowMs = 0) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** How many ids are kept, those included that count no more. */
  get size(): number {
    return this.#young.numbers.size + (this.#old === this.#young ? 0 : this.#old.numbers.size);
  }

  has(id: string): boolean {
    return this.#isIn(this.#young, id) || this.#isIn(this.#old, id);
  }

  /** @param id one that is not remembered. */
  add(id: string): void {
    if (this.#limit === 0) return;
    const now = this.#windowMs === 0 ? 0 : performance.now();
    const { numbers, times } = this.#young;
    const oldest = times[0] ?? now;
    // What is then in the older one is beyond the limit by the time that this one is full, or over when this one is.
    if (numbers.size >= this.#limit || (this.#windowMs > 0 && now - oldest >= this.#windowMs)) {
      this.#old = this.#young;
      this.#young = newGeneration(this.#last + 1);
    }
    this.#last += 1;
    this.#young.numbers.set(id, this.#last);
    if (this.#windowMs > 0) this.#young.times.push(now);
  }

  #isIn({ first, numbers, times }: Generation, id: string): boolean {
    const number = numbers.get(id);
    if (number === undefined || number <= this.#last - this.#limit) return false;
    const at = times[number - first];
    return at === undefined || performance.now() - at < this.#windowMs;
  }
}

function newGeneration(first: number): Generation {
  return { first, numbers: new Map(), times: [] };
}
