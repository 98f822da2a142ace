import { type Binding, type Match, matchOf } from './binding.js';

/** Bindings that always match together, with their destinations ready at hand. */
export class BindingSet {
  readonly #bindings = new Set<Binding>();
  #match: Match | undefined;

  get size(): number {
    return this.#bindings.size;
  }

  get match(): Match {
    this.#match ??= matchOf(this.#bindings);
    return this.#match;
  }

  [Symbol.iterator](): Iterator<Binding> {
    return this.#bindings.values();
  }

  add(binding: Binding): void {
    this.#bindings.add(binding);
    this.#match = undefined;
  }

  delete(binding: Binding): void {
    this.#bindings.delete(binding);
    this.#match = undefined;
  }
}
