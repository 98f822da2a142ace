/** Counts what is under way, and says when nothing is. */
export class UnderWay {
  readonly #onEnd: () => void;
  #count = 0;
  #idle: (() => void)[] = [];

  /** @param onEnd hears of each end, and may begin something else before it is said that nothing is under way. */
  constructor(onEnd: () => void = () => {}) {
    this.#onEnd = onEnd;
  }

  get count(): number {
    return this.#count;
  }

  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    this.#onEnd();
    if (this.#count === 0 && this.#idle.length > 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Resolves when nothing is. */
  idle(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }
}
