/** Kept of a run that may fail for days: the first failure, which often names the cause, and the most recent ones. */
const keptErrors = 8;

/** The errors of one run, in bounded memory. */
export class History {
  readonly #errors: unknown[] = [];
  #omitted = 0;

  add(error: unknown): void {
    this.#errors.push(error);
    if (this.#errors.length > keptErrors) {
      this.#errors.splice(1, 1);
      this.#omitted++;
    }
  }

  get errors(): readonly unknown[] {
    return Object.freeze([...this.#errors]);
  }

  get omitted(): number {
    return this.#omitted;
  }
}
