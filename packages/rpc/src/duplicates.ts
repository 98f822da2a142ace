/**
 * Remembers the last so many ids, for so long. oslo remembers 16 without a limit in time; more outlive a reconnect of a
 * busy client.
 */
export class Duplicates {
  readonly #limit: number;
  readonly #windowMs: number;
  // In the order they were added: the first is the oldest.
  readonly #seen = new Map<string, number>();
  // Goes along behind them. What begins at the front instead steps over all that were deleted there since the map last grew:
  // 2 µs for each id, with a few thousand of them.
  #order = this.#seen.entries();
  #oldest: readonly [string, number] | undefined;

  /** @param windowMs how long an id is remembered; 0: for as long as the limit allows. */
  constructor(limit: number, windowMs = 0) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  has(id: string): boolean {
    const at = this.#seen.get(id);
    return at !== undefined && !this.#isOver(at, this.#now());
  }

  add(id: string): void {
    if (this.#limit === 0) return;
    const now = this.#now();
    // Once more as the youngest, when it comes again after its time.
    if (this.#seen.delete(id)) this.#startOver();
    this.#seen.set(id, now);
    for (let oldest = this.#first(); oldest !== undefined; oldest = this.#first()) {
      const [oldestId, at] = oldest;
      if (this.#seen.size <= this.#limit && !this.#isOver(at, now)) return;
      this.#seen.delete(oldestId);
      this.#oldest = undefined;
    }
  }

  #first(): readonly [string, number] | undefined {
    this.#oldest ??= this.#order.next().value;
    // An iterator that has reached the end stays there.
    if (this.#oldest === undefined && this.#seen.size > 0) {
      this.#startOver();
      this.#oldest = this.#order.next().value;
    }
    return this.#oldest;
  }

  #startOver(): void {
    this.#order = this.#seen.entries();
    this.#oldest = undefined;
  }

  // Without a window nobody asks for the time, which costs as much as the rest.
  #now(): number {
    return this.#windowMs === 0 ? 0 : performance.now();
  }

  #isOver(at: number, now: number): boolean {
    return this.#windowMs > 0 && now - at >= this.#windowMs;
  }
}
