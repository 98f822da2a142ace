import { EMPTY_TABLE } from './codec/field-table.js';
import { isCycle } from './dead-letter.js';
import { Exchange, type ExchangeType } from './exchange.js';
import type { Message } from './message.js';
import { Queue } from './queue.js';
import type { Binding, Destination } from './routing/binding.js';
import { Bindings } from './routing/bindings.js';
import { hasFurtherRoutingKeys, routingKeysOf } from './routing/routing-keys.js';
import { walk } from './routing/walk.js';

const NO_QUEUES: readonly Queue[] = [];

const predeclared: readonly (readonly [name: string, type: ExchangeType, internal?: boolean])[] = [
  ['', 'direct'],
  ['amq.direct', 'direct'],
  ['amq.fanout', 'fanout'],
  ['amq.headers', 'headers'],
  ['amq.match', 'headers'],
  ['amq.rabbitmq.trace', 'topic', true],
  ['amq.topic', 'topic'],
];

/** What there is in a virtual host, whoever asks: what goes when something else goes, and where messages go. */
export class Topology {
  readonly exchanges: Map<string, Exchange> = new Map();
  readonly queues: Map<string, Queue> = new Map();
  readonly bindings: Bindings = new Bindings();
  readonly #virtualHost: string;
  readonly #findExchange = (name: string): Exchange | undefined => this.exchanges.get(name);

  constructor(virtualHost: string) {
    this.#virtualHost = virtualHost;
    this.#predeclare();
  }

  addExchange(exchange: Exchange): void {
    this.exchanges.set(exchange.name, exchange);
  }

  /** With its binding from the default exchange. */
  addQueue(queue: Queue): void {
    this.queues.set(queue.name, queue);
    const byName = this.exchanges.get('');
    if (byName !== undefined) this.bindings.add(byName, queue, queue.name, EMPTY_TABLE);
  }

  /**
   * The queues a message goes to, each once; none if there is no such exchange. Throws 406 PRECONDITION_FAILED when its header
   * CC or BCC is no array. What is returned may be shared between messages: it is not to be changed, nor kept.
   */
  route(message: Message): readonly Queue[] {
    const exchange = this.exchanges.get(message.exchange);
    if (exchange === undefined) return NO_QUEUES;
    if (hasFurtherRoutingKeys(message)) return walk(exchange, routingKeysOf(message), message, this.#findExchange);
    const { queues, exchanges } = exchange.match(message.routingKey, message);
    if (exchanges.length === 0 && (queues.length > 0 || exchange.alternate === undefined)) return queues;
    return walk(exchange, [message.routingKey], message, this.#findExchange);
  }

  /** Deletes a queue, whoever has it, with its bindings; says how many messages were ready. */
  removeQueue(queue: Queue): number {
    if (this.queues.get(queue.name) !== queue) return 0;
    this.queues.delete(queue.name);
    this.#unbindAllTo(queue);
    return queue.delete();
  }

  /** Deletes an exchange with its bindings, and the auto-delete exchanges that had their last binding to it. */
  removeExchange(exchange: Exchange): void {
    if (this.exchanges.get(exchange.name) !== exchange) return;
    this.exchanges.delete(exchange.name);
    for (const binding of this.bindings.from(exchange)) this.bindings.remove(binding);
    this.#unbindAllTo(exchange);
  }

  /** The broker stops: no time runs out in any queue until the restart. */
  suspend(): void {
    for (const queue of this.queues.values()) queue.suspend();
  }

  /** What is left after the broker was gone: durable entities, the bindings between them, persistent messages; or nothing. */
  restart(keep: 'durable' | 'nothing'): void {
    // No exchange deletes itself for lack of a binding that is lost here.
    for (const entity of [...this.queues.values(), ...this.exchanges.values()]) {
      if (keep === 'nothing' || !entity.definition.durable) this.#lose(entity);
    }
    this.#predeclare();
    // Last: what has expired meanwhile goes where there is something left to go to.
    for (const queue of this.queues.values()) queue.restart();
  }

  #predeclare(): void {
    for (const [name, type, internal = false] of predeclared) {
      if (this.exchanges.has(name)) continue;
      const definition = { type, durable: true, autoDelete: false, internal, arguments: EMPTY_TABLE };
      this.exchanges.set(name, new Exchange(name, this.#virtualHost, definition));
    }
  }

  #unbindAllTo(destination: Destination): void {
    for (const binding of this.bindings.to(destination)) this.unbind(binding);
  }

  /** An auto-delete exchange goes with the last binding from it. */
  unbind(binding: Binding): void {
    const { source } = binding;
    this.bindings.remove(binding);
    if (source.definition.autoDelete && !this.bindings.leaves(source)) this.removeExchange(source);
  }

  /** What a crash does: bindings go without anything else going for want of them. */
  #lose(entity: Destination): void {
    for (const binding of this.bindings.to(entity)) this.bindings.remove(binding);
    if (entity instanceof Queue) {
      this.queues.delete(entity.name);
      entity.delete();
    } else {
      for (const binding of this.bindings.from(entity)) this.bindings.remove(binding);
      this.exchanges.delete(entity.name);
    }
  }

  /** Routes a dead letter from the exchange it was rewritten for. */
  deadLetter(message: Message): void {
    for (const queue of this.route(message)) {
      if (!isCycle(message, queue.name)) queue.publish(message);
    }
  }
}
