import { type Binding, type BindingTable, type Match, NO_MATCH } from './binding.js';
import { BindingSet } from './binding-set.js';

/** A binding matches the messages with its routing key. */
export class DirectTable implements BindingTable {
  readonly #byKey = new Map<string, BindingSet>();

  add(binding: Binding): void {
    let bindings = this.#byKey.get(binding.routingKey);
    if (bindings === undefined) {
      bindings = new BindingSet();
      this.#byKey.set(binding.routingKey, bindings);
    }
    bindings.add(binding);
  }

  remove(binding: Binding): void {
    const bindings = this.#byKey.get(binding.routingKey);
    bindings?.delete(binding);
    if (bindings?.size === 0) this.#byKey.delete(binding.routingKey);
  }

  match(routingKey: string): Match {
    return this.#byKey.get(routingKey)?.match ?? NO_MATCH;
  }
}
