import type { FieldTable } from '../codec/field-table.js';
import type { Exchange } from '../exchange.js';
import type { Message } from '../message.js';
import { Queue } from '../queue.js';

/** What an exchange hands messages to. */
export type Destination = Queue | Exchange;

/** From an exchange to a queue or another exchange. */
export interface Binding {
  readonly source: Exchange;
  readonly destination: Destination;
  readonly routingKey: string;
  readonly arguments: FieldTable;
}

/** Where a message goes from one exchange, each destination once. Shared between messages: not to be changed. */
export interface Match {
  readonly queues: readonly Queue[];
  readonly exchanges: readonly Exchange[];
}

/** Nowhere. */
export const NO_MATCH: Match = { queues: [], exchanges: [] };

/** The bindings of one exchange, arranged for the way in which exchanges of its type match. */
export interface BindingTable {
  add(binding: Binding): void;
  /** Takes out a binding that was added; it is told apart by identity. */
  remove(binding: Binding): void;
  match(routingKey: string, message: Message): Match;
}

/** The destinations of these bindings. */
export function matchOf(bindings: Iterable<Binding>): Match {
  const queues = new Set<Queue>();
  const exchanges = new Set<Exchange>();
  for (const { destination } of bindings) {
    if (destination instanceof Queue) queues.add(destination);
    else exchanges.add(destination);
  }
  return queues.size === 0 && exchanges.size === 0 ? NO_MATCH : { queues: [...queues], exchanges: [...exchanges] };
}
