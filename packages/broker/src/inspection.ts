import { plainTable } from './codec/plain-table.js';
import type { Exchange } from './exchange.js';
import { Queue } from './queue.js';
import type { Binding } from './routing/binding.js';

/** An exchange, as plain data of this moment. */
export interface ExchangeInfo {
  readonly virtualHost: string;
  /** Empty: the default exchange. */
  readonly name: string;
  readonly type: 'direct' | 'fanout' | 'topic' | 'headers';
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** A queue, as plain data of this moment. */
export interface QueueInfo {
  readonly virtualHost: string;
  readonly name: string;
  /** An exclusive queue never is, whatever it was declared as. */
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Ready and unacknowledged. */
  readonly messages: number;
  readonly messagesReady: number;
  readonly messagesUnacknowledged: number;
  readonly consumers: number;
}

/** A binding, as plain data. Every queue has one from the default exchange, by its name. */
export interface BindingInfo {
  readonly virtualHost: string;
  /** The exchange. */
  readonly source: string;
  readonly destination: string;
  readonly destinationType: 'queue' | 'exchange';
  readonly routingKey: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** An exchange, as it is now. */
export function exchangeInfo({ virtualHost, name, definition }: Exchange): ExchangeInfo {
  return { virtualHost, name, ...definition, arguments: plainTable(definition.arguments) };
}

/** A queue, as it is now. */
export function queueInfo(queue: Queue): QueueInfo {
  const { virtualHost, name, definition, readyCount, unacknowledgedCount, consumerCount } = queue;
  return {
    virtualHost,
    name,
    durable: definition.durable,
    exclusive: definition.exclusive,
    autoDelete: definition.autoDelete,
    arguments: plainTable(definition.arguments),
    messages: readyCount + unacknowledgedCount,
    messagesReady: readyCount,
    messagesUnacknowledged: unacknowledgedCount,
    consumers: consumerCount,
  };
}

/** A binding, as it is now. */
export function bindingInfo(binding: Binding): BindingInfo {
  const { source, destination, routingKey } = binding;
  return {
    virtualHost: source.virtualHost,
    source: source.name,
    destination: destination.name,
    destinationType: destination instanceof Queue ? 'queue' : 'exchange',
    routingKey,
    arguments: plainTable(binding.arguments),
  };
}

/** A channel, as plain data of this moment. */
export interface ChannelInfo {
  /** The broker's name of the connection. */
  readonly connection: string;
  readonly virtualHost: string;
  readonly number: number;
  /** Whether it gives confirms. */
  readonly confirms: boolean;
  readonly consumers: number;
  /** Deliveries that wait for an ack. */
  readonly unacknowledged: number;
  /** Of consumers to come; 0 is no limit. */
  readonly prefetchCount: number;
  /** Of the channel as a whole; 0 is no limit. */
  readonly globalPrefetchCount: number;
}

/** A consumer, as plain data of this moment. */
export interface ConsumerInfo {
  readonly virtualHost: string;
  readonly queue: string;
  readonly consumerTag: string;
  /** The broker's name of the connection. */
  readonly connection: string;
  readonly channel: number;
  readonly noAck: boolean;
  readonly exclusive: boolean;
  readonly priority: number;
  /** 0 is no limit. */
  readonly prefetchCount: number;
  /** Deliveries that wait for its ack. */
  readonly unacknowledged: number;
}
