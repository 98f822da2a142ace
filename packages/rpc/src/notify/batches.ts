/** Puts what comes into batches: full ones at once, others so long after their first item. */
export class Batches<Item> {
  readonly #size: number;
  readonly #timeoutMs: number;
  readonly #onBatch: (items: readonly Item[]) => void;
  #items: Item[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(size: number, timeoutMs: number, onBatch: (items: readonly Item[]) => void) {
    this.#size = size;
    this.#timeoutMs = timeoutMs;
    this.#onBatch = onBatch;
  }

  add(item: Item): void {
    this.#items.push(item);
    if (this.#items.length >= this.#size) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#timeoutMs);
  }

  /** What is in no batch yet, which it forgets. */
  takeAll(): readonly Item[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const items = this.#items;
    this.#items = [];
    return items;
  }

  #flush(): void {
    this.#onBatch(this.takeAll());
  }
}
