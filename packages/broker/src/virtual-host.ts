import type { FieldTable } from './codec/field-table.js';
import { createQueue } from './create-queue.js';
import { checkAccess, madeUpName, refuseDefault, refuseReserved, withoutLineBreaks } from './entity-checks.js';
import { checkSameExchange, checkSameQueue } from './equivalence.js';
import { Exchange, type ExchangeDefinition, isExchangeType } from './exchange.js';
import { type AmqpFailure, channelFailure, connectionFailure } from './failure.js';
import {
  type BindingInfo,
  bindingInfo,
  type ExchangeInfo,
  exchangeInfo,
  type QueueInfo,
  queueInfo,
} from './inspection.js';
import type { Message } from './message.js';
import type { Queue, QueueLimits, QueueSurroundings } from './queue.js';
import { checkNamesExchange, type QueueDeclaration, readQueueDefinition } from './queue-definition.js';
import type { Binding, Destination } from './routing/binding.js';
import { Topology } from './topology.js';

/** What a virtual host is made with. */
export interface VirtualHostOptions {
  /** Is told of memory that its messages take, or give back if negative, in bytes. */
  account(bytes: number): void;
  /** The broker's own bounds on each queue. Default: none. */
  readonly limits?: QueueLimits;
}

/** exchange.declare */
export interface ExchangeDeclaration {
  /** As the client wrote it; whether there is such a type is checked. */
  readonly type: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  /** Only look whether it is there; the rest does not count then. */
  readonly passive: boolean;
  readonly arguments: FieldTable;
}

/**
 * The exchanges, queues and bindings of one virtual host.
 *
 * What clients ask for is checked as RabbitMQ does: methods throw an AmqpFailure with its code and words. An `owner` is the
 * connection that asks; exclusive queues belong to one.
 */
export class VirtualHost {
  readonly name: string;
  readonly #topology: Topology;
  readonly #surroundings: QueueSurroundings;
  readonly #limits: QueueLimits;

  constructor(name: string, options: VirtualHostOptions) {
    this.name = name;
    this.#topology = new Topology(name);
    this.#limits = options.limits ?? {};
    this.#surroundings = {
      deadLetter: (_queue, message) => this.#topology.deadLetter(message),
      expired: (queue) => void this.removeQueue(queue),
      lastConsumerGone: (queue) => {
        if (queue.definition.autoDelete) this.removeQueue(queue);
      },
      account: (bytes) => options.account(bytes),
    };
  }

  /** Throws 404 NOT_FOUND. */
  exchange(name: string): Exchange {
    const exchange = this.#topology.exchanges.get(name);
    if (exchange === undefined) throw this.#notFound('exchange', name);
    return exchange;
  }

  /** Throws 404 NOT_FOUND, and 405 RESOURCE_LOCKED when another connection has it for itself. */
  queue(name: string, owner: object): Queue {
    const queue = this.#topology.queues.get(name);
    if (queue === undefined) throw this.#notFound('queue', name);
    checkAccess(queue, owner);
    return queue;
  }

  /** Without a look at who asks; undefined if there is none. */
  findQueue(name: string): Queue | undefined {
    return this.#topology.queues.get(name);
  }

  /** Undefined if there is none. */
  findExchange(name: string): Exchange | undefined {
    return this.#topology.exchanges.get(name);
  }

  /** All queues of this moment. */
  allQueues(): readonly Queue[] {
    return [...this.#topology.queues.values()];
  }

  /** exchange.declare. Throws 403, 404 if passive, 406, and 503 COMMAND_INVALID for a type there is not. */
  declareExchange(givenName: string, declaration: ExchangeDeclaration): Exchange {
    const name = withoutLineBreaks(givenName);
    if (declaration.passive) {
      refuseDefault(name);
      return this.exchange(name);
    }
    const { type, durable, autoDelete, internal, arguments: given } = declaration;
    if (!isExchangeType(type)) {
      throw connectionFailure(503, `${type === '' ? 'invalid' : 'unknown'} exchange type '${type}'`);
    }
    refuseDefault(name);
    const current = this.#topology.exchanges.get(name);
    if (current === undefined)
      return this.#createExchange(name, { type, durable, autoDelete, internal, arguments: given });
    checkSameExchange(current, { ...declaration, type });
    return current;
  }

  /** exchange.delete; one that is not there is as good as deleted. Throws 403, and 406 if it is in use and must not be. */
  deleteExchange(givenName: string, ifUnused: boolean): void {
    const name = withoutLineBreaks(givenName);
    refuseDefault(name);
    if (name.startsWith('amq.'))
      throw channelFailure(403, `deletion of system ${this.#resource('exchange', name)} not allowed`);
    const exchange = this.#topology.exchanges.get(name);
    if (exchange === undefined) return;
    if (ifUnused && this.#topology.bindings.leaves(exchange)) throw channelFailure(406, `${exchange.resource} in use`);
    this.removeExchange(exchange);
  }

  /** queue.declare; an empty name makes one up, `amq.gen-…`. Throws 403, 404 if passive, 405, 406. */
  declareQueue(
    givenName: string,
    declaration: QueueDeclaration & { readonly passive: boolean },
    owner: object,
    madeUp: string = madeUpName(),
  ): Queue {
    const name = withoutLineBreaks(givenName);
    // Queues for direct replies are there or not; they cannot be made.
    const passive = declaration.passive || name.startsWith('amq.rabbitmq.reply-to');
    const queue = passive ? this.queue(name, owner) : this.#declareQueue(name, declaration, owner, madeUp);
    queue.used();
    return queue;
  }

  /**
   * queue.delete; says how many messages were ready. One that is not there is as good as deleted. Throws 405, 406 if it is in
   * use or not empty and must not be, and 540 NOT_IMPLEMENTED for such conditions on a quorum queue.
   */
  deleteQueue(
    givenName: string,
    { ifUnused, ifEmpty }: { readonly ifUnused: boolean; readonly ifEmpty: boolean },
    owner: object,
  ): number {
    const name = withoutLineBreaks(givenName);
    const queue = this.#topology.queues.get(name);
    if (queue === undefined) return 0;
    checkAccess(queue, owner);
    const { type } = queue.definition;
    const resource = this.#resource('queue', name);
    if (type === 'quorum' && (ifUnused || ifEmpty)) {
      const flag = ifUnused ? 'if-unused' : 'if-empty';
      throw connectionFailure(
        540,
        `cannot delete ${resource}. queue.delete operations with ${flag} flag set are not supported by quorum queues`,
      );
    }
    // Streams ignore both.
    if (type === 'classic') {
      if (ifUnused && queue.consumerCount > 0) throw channelFailure(406, `${resource} in use`);
      if (ifEmpty && queue.readyCount > 0) throw channelFailure(406, `${resource} not empty`);
    }
    return this.removeQueue(queue);
  }

  /** queue.purge; says how many messages were ready. Throws 404, 405, and 540 for a stream. */
  purge(name: string, owner: object): number {
    const queue = this.queue(name, owner);
    if (queue.definition.type === 'stream') {
      throw connectionFailure(540, `queue.purge not supported by stream queues ${this.#resource('queue', name)}`);
    }
    return queue.purge();
  }

  /** queue.bind; nothing happens when there is such a binding. Throws 403, 404, 405, 406. */
  bindQueue(queueName: string, exchangeName: string, routingKey: string, given: FieldTable, owner: object): void {
    const [queue, exchange] = [withoutLineBreaks(queueName), withoutLineBreaks(exchangeName)];
    refuseDefault(exchange);
    const source = this.exchange(exchange);
    const destination = this.#topology.queues.get(queue);
    if (destination === undefined) throw this.#notFound('queue', queue);
    source.checkBinding(given);
    checkAccess(destination, owner);
    this.#topology.bindings.add(source, destination, routingKey, given);
  }

  /** queue.unbind; nothing happens when there is no such binding, queue or exchange. Throws 403, 405. */
  unbindQueue(queueName: string, exchangeName: string, routingKey: string, given: FieldTable, owner: object): void {
    const exchange = withoutLineBreaks(exchangeName);
    refuseDefault(exchange);
    const destination = this.#topology.queues.get(withoutLineBreaks(queueName));
    const binding = this.#findBinding(exchange, destination, routingKey, given);
    if (destination === undefined || binding === undefined) return;
    checkAccess(destination, owner);
    this.#topology.unbind(binding);
  }

  /** exchange.bind; messages go from the source to the destination. Throws 403, 404, 406. */
  bindExchange(destinationName: string, sourceName: string, routingKey: string, given: FieldTable): void {
    const [destination, source] = [withoutLineBreaks(destinationName), withoutLineBreaks(sourceName)];
    refuseDefault(destination);
    refuseDefault(source);
    const from = this.exchange(source);
    const to = this.exchange(destination);
    from.checkBinding(given);
    this.#topology.bindings.add(from, to, routingKey, given);
  }

  /** exchange.unbind; nothing happens when there is no such binding or exchange. Throws 403. */
  unbindExchange(destinationName: string, sourceName: string, routingKey: string, given: FieldTable): void {
    const [destination, source] = [withoutLineBreaks(destinationName), withoutLineBreaks(sourceName)];
    refuseDefault(destination);
    refuseDefault(source);
    const binding = this.#findBinding(source, this.#topology.exchanges.get(destination), routingKey, given);
    if (binding !== undefined) this.#topology.unbind(binding);
  }

  /**
   * The queues a message goes to, each once; none if there is no such exchange. Throws 406 PRECONDITION_FAILED when its header
   * CC or BCC is no array. What is returned may be shared between messages: it is not to be changed, nor kept.
   */
  route(message: Message): readonly Queue[] {
    return this.#topology.route(message);
  }

  /** Deletes a queue, whoever has it, with its bindings; says how many messages were ready. */
  removeQueue(queue: Queue): number {
    return this.#topology.removeQueue(queue);
  }

  /** Deletes an exchange with its bindings, and the auto-delete exchanges that had their last binding to it. */
  removeExchange(exchange: Exchange): void {
    this.#topology.removeExchange(exchange);
  }

  /** A connection has ended: its exclusive queues go with it. */
  ownerGone(owner: object): void {
    for (const queue of this.allQueues()) {
      if (queue.exclusiveOwner === owner) this.removeQueue(queue);
    }
  }

  /** The broker stops: no time runs out in any queue until the restart. */
  suspend(): void {
    this.#topology.suspend();
  }

  /** What is left after the broker was gone: durable entities, the bindings between them, persistent messages; or nothing. */
  restart(keep: 'durable' | 'nothing'): void {
    this.#topology.restart(keep);
  }

  /** The virtual host is deleted: queues end, consumers are cancelled. */
  close(): void {
    for (const queue of this.allQueues()) this.removeQueue(queue);
  }

  /** In the order in which they were declared, as everything that is listed. */
  exchanges(): ExchangeInfo[] {
    return Array.from(this.#topology.exchanges.values(), exchangeInfo);
  }

  queues(): QueueInfo[] {
    return Array.from(this.#topology.queues.values(), queueInfo);
  }

  bindings(): BindingInfo[] {
    return Array.from(this.#topology.bindings, bindingInfo);
  }

  #createExchange(name: string, definition: ExchangeDefinition): Exchange {
    refuseReserved('exchange', name);
    const exchange = new Exchange(name, this.name, definition);
    checkNamesExchange('alternate-exchange', definition.arguments, exchange.resource);
    this.#topology.addExchange(exchange);
    return exchange;
  }

  #declareQueue(givenName: string, declaration: QueueDeclaration, owner: object, madeUp: string): Queue {
    // Names that the broker made up can be looked at, not declared.
    if (givenName !== '') refuseReserved('queue', givenName);
    const name = givenName === '' ? madeUp : givenName;
    const current = this.#topology.queues.get(name);
    if (current !== undefined) {
      checkSameQueue(current, declaration, owner);
      return current;
    }
    const definition = readQueueDefinition(declaration, this.#resource('queue', name));
    if (givenName === '' && definition.type !== 'classic') {
      throw channelFailure(406, `Cannot declare a server-named queue for type rabbit_${definition.type}_queue`);
    }
    const queue = createQueue(name, this.name, definition, this.#surroundings, this.#limits);
    queue.exclusiveOwner = definition.exclusive ? owner : undefined;
    this.#topology.addQueue(queue);
    return queue;
  }

  #findBinding(
    source: string,
    destination: Destination | undefined,
    routingKey: string,
    given: FieldTable,
  ): Binding | undefined {
    const exchange = this.#topology.exchanges.get(source);
    if (exchange === undefined || destination === undefined) return undefined;
    return this.#topology.bindings.find(exchange, destination, routingKey, given);
  }

  #resource(kind: 'exchange' | 'queue', name: string): string {
    return `${kind} '${name}' in vhost '${this.name}'`;
  }

  #notFound(kind: 'exchange' | 'queue', name: string): AmqpFailure {
    return channelFailure(404, `no ${this.#resource(kind, name)}`);
  }
}
