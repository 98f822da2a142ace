import type { Binding, BindingTable, Match } from './binding.js';
import { BindingSet } from './binding-set.js';

/** Every binding matches. */
export class FanoutTable implements BindingTable {
  readonly #bindings = new BindingSet();

  add(binding: Binding): void {
    this.#bindings.add(binding);
  }

  remove(binding: Binding): void {
    this.#bindings.delete(binding);
  }

  match(): Match {
    return this.#bindings.match;
  }
}
