import type { FieldTable } from './codec/field-table.js';
import { channelFailure } from './failure.js';
import type { Message } from './message.js';
import type { Binding, BindingTable, Match } from './routing/binding.js';
import { DirectTable } from './routing/direct-table.js';
import { FanoutTable } from './routing/fanout-table.js';
import { checkHeadersBinding, HeadersTable } from './routing/headers-table.js';
import { TopicTable } from './routing/topic-table.js';

const tables: Readonly<Record<ExchangeType, new () => BindingTable>> = {
  direct: DirectTable,
  fanout: FanoutTable,
  topic: TopicTable,
  headers: HeadersTable,
};

/** How an exchange routes. */
export type ExchangeType = 'direct' | 'fanout' | 'topic' | 'headers';

/** Whether there are exchanges of this type. */
export function isExchangeType(type: string): type is ExchangeType {
  return Object.hasOwn(tables, type);
}

/** An exchange as it was declared. */
export interface ExchangeDefinition {
  readonly type: ExchangeType;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly arguments: FieldTable;
}

/** An exchange with its bindings. */
export class Exchange {
  /** Empty: the default exchange. */
  readonly name: string;
  readonly virtualHost: string;
  readonly definition: ExchangeDefinition;
  /** The name of the exchange that gets what matches no binding here. */
  readonly alternate: string | undefined;
  readonly #table: BindingTable;

  constructor(name: string, virtualHost: string, definition: ExchangeDefinition) {
    this.name = name;
    this.virtualHost = virtualHost;
    this.definition = definition;
    const alternate = definition.arguments.get('alternate-exchange');
    this.alternate = alternate?.type === 'S' ? alternate.value : undefined;
    this.#table = new tables[definition.type]();
  }

  /** Its name in replies: `exchange 'x' in vhost '/'`. */
  get resource(): string {
    return `exchange '${this.name}' in vhost '${this.virtualHost}'`;
  }

  /** Throws 406 PRECONDITION_FAILED for arguments that a binding from here cannot have. */
  checkBinding(given: FieldTable): void {
    if (this.definition.type === 'headers') checkHeadersBinding(given);
  }

  add(binding: Binding): void {
    this.#table.add(binding);
  }

  remove(binding: Binding): void {
    this.#table.remove(binding);
  }

  /** Where a message goes from here under this routing key, which need not be its own. */
  match(routingKey: string, message: Message): Match {
    return this.#table.match(routingKey, message);
  }
}

/** Throws 403 ACCESS_REFUSED for an internal exchange, which takes messages from other exchanges only. */
export function checkPublishable(exchange: Exchange): void {
  if (exchange.definition.internal) throw channelFailure(403, `cannot publish to internal ${exchange.resource}`);
}
