/**
 * Remembers the last so many ids, for so long. oslo remembers 16 without a limit in time; more outlive a reconnect of a
 * busy client.
 */
export class Duplicates {
  readonly #limit: number;
  readonly #windowMs: number;
  // In the order they were added: the first is the oldest.
  readonly #seen = new Map<string, number>();

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
    this.#seen.delete(id);
    this.#seen.set(id, now);
    for (const [oldest, at] of this.#seen) {
      if (this.#seen.size <= this.#limit && !this.#isOver(at, now)) return;
      this.#seen.delete(oldest);
    }
  }

  // Without a window nobody asks for the time, which costs as much as the rest.
  #now(): number {
    return this.#windowMs === 0 ? 0 : performance.now();
  }

  #isOver(at: number, now: number): boolean {
    return this.#windowMs > 0 && now - at >= this.#windowMs;
  }
}
