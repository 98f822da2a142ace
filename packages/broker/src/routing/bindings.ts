import { encodeTable, type FieldTable } from '../codec/field-table.js';
import type { Exchange } from '../exchange.js';
import { Queue } from '../queue.js';
import type { Binding, Destination } from './binding.js';

/** All bindings of a virtual host, found by either end; keeps the exchanges' own tables up to date. */
export class Bindings {
  readonly #bySource = new Map<Exchange, Map<string, Binding>>();
  readonly #byDestination = new Map<Destination, Set<Binding>>();

  *[Symbol.iterator](): Iterator<Binding> {
    for (const bindings of this.#bySource.values()) yield* bindings.values();
  }

  /** Nothing happens when there is such a binding. */
  add(source: Exchange, destination: Destination, routingKey: string, given: FieldTable): void {
    const sorted = sortByName(given);
    const identity = identify(destination, routingKey, sorted);
    const outgoing = this.#bySource.get(source) ?? new Map<string, Binding>();
    if (outgoing.has(identity)) return;
    const binding = { source, destination, routingKey, arguments: sorted };
    outgoing.set(identity, binding);
    this.#bySource.set(source, outgoing);
    const incoming = this.#byDestination.get(destination) ?? new Set<Binding>();
    incoming.add(binding);
    this.#byDestination.set(destination, incoming);
    source.add(binding);
  }

  find(source: Exchange, destination: Destination, routingKey: string, given: FieldTable): Binding | undefined {
    return this.#bySource.get(source)?.get(identify(destination, routingKey, sortByName(given)));
  }

  remove(binding: Binding): void {
    const { source, destination, routingKey } = binding;
    source.remove(binding);
    const outgoing = this.#bySource.get(source);
    outgoing?.delete(identify(destination, routingKey, binding.arguments));
    if (outgoing?.size === 0) this.#bySource.delete(source);
    const incoming = this.#byDestination.get(destination);
    incoming?.delete(binding);
    if (incoming?.size === 0) this.#byDestination.delete(destination);
  }

  leaves(source: Exchange): boolean {
    return this.#bySource.has(source);
  }

  /** As a list of its own, so that bindings may be removed meanwhile. */
  from(source: Exchange): readonly Binding[] {
    return [...(this.#bySource.get(source)?.values() ?? [])];
  }

  /** As a list of its own, too. */
  to(destination: Destination): readonly Binding[] {
    return [...(this.#byDestination.get(destination) ?? [])];
  }
}

// The order of arguments does not tell bindings apart; their types do.
function identify(destination: Destination, routingKey: string, sorted: FieldTable): string {
  const kind = destination instanceof Queue ? 'queue' : 'exchange';
  return JSON.stringify([kind, destination.name, routingKey, encodeTable(sorted).toString('latin1')]);
}

function sortByName(given: FieldTable): FieldTable {
  return given.size < 2 ? given : new Map([...given].sort(([one], [other]) => (one < other ? -1 : 1)));
}
