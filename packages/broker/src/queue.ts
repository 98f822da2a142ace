import type { FieldValue } from './codec/field-table.js';
import type { QueueConsumer } from './consumer.js';
import { type DeathReason, deadLetterFrom } from './dead-letter.js';
import { Disuse } from './disuse.js';
import { channelFailure } from './failure.js';
import type { Message } from './message.js';
import { QueueCapacity, type QueueLimits } from './queue-capacity.js';
import { QueueConsumers } from './queue-consumers.js';
import { bySequence, QueueContents } from './queue-contents.js';
import type { QueueDefinition } from './queue-definition.js';
import { QueueHead } from './queue-head.js';
import type { QueueSurroundings } from './queue-surroundings.js';
import type { Entry, QueuedMessage } from './queued-message.js';
import type { ReadyMessages } from './ready-messages.js';

export type { QueueLimits } from './queue-capacity.js';
export type { QueueSurroundings } from './queue-surroundings.js';
export type { QueuedMessage } from './queued-message.js';

/**
 * A queue, as RabbitMQ's classic queues behave, and its quorum queues where they differ by x-delivery-limit.
 *
 * Nothing here enters itself: whatever a consumer or the surroundings do while a message is handed to them, the loop that
 * handed it over carries on with what it finds.
 */
export class Queue {
  readonly name: string;
  readonly virtualHost: string;
  readonly definition: QueueDefinition;
  /** The connection that has it for itself. */
  exclusiveOwner: object | undefined = undefined;

  readonly #surroundings: QueueSurroundings;
  readonly #contents: QueueContents;
  readonly #ready: ReadyMessages;
  readonly #capacity: QueueCapacity;
  readonly #consumers: QueueConsumers;
  readonly #head: QueueHead;
  readonly #disuse: Disuse;
  #serving = false;
  #deleted = false;

  constructor(
    name: string,
    virtualHost: string,
    definition: QueueDefinition,
    surroundings: QueueSurroundings,
    limits: QueueLimits = {},
  ) {
    this.name = name;
    this.virtualHost = virtualHost;
    this.definition = definition;
    this.#surroundings = surroundings;
    this.#contents = new QueueContents(this, definition, (bytes) => surroundings.account(bytes));
    this.#ready = this.#contents.ready;
    this.#capacity = new QueueCapacity(this.#contents, definition, limits);
    const onDeath = (entry: Entry, reason: DeathReason) => this.#die(entry, reason);
    this.#head = new QueueHead(this.#ready, this.#capacity, onDeath, () => this.serve());
    this.#consumers = new QueueConsumers(definition.singleActiveConsumer);
    this.#disuse = new Disuse(definition.expiresMs, () => surroundings.expired(this));
    this.used();
  }

  get readyCount(): number {
    return this.#ready.length;
  }

  /** Bodies of the ready messages. */
  get readyBytes(): number {
    return this.#ready.bytes;
  }

  get unacknowledgedCount(): number {
    return this.#contents.unacknowledged.length;
  }

  get consumerCount(): number {
    return this.#consumers.count;
  }

  /** In the order in which they are asked: the highest priority first. */
  consumers(): readonly QueueConsumer[] {
    return this.#consumers.all();
  }

  /** The one that gets everything, in a queue with x-single-active-consumer. */
  get activeConsumer(): QueueConsumer | undefined {
    return this.#consumers.active;
  }

  /** The ready messages in the order in which they would be delivered. */
  ready(): readonly QueuedMessage[] {
    return [...this.#ready];
  }

  /** What consumers hold, the oldest delivery first. */
  unacknowledged(): readonly QueuedMessage[] {
    return [...this.#contents.unacknowledged];
  }

  /** Takes a message; false if the queue is full and refuses it: its publisher gets a nack. */
  publish(message: Message): boolean {
    if (this.#deleted) {
      return true;
    }
    if (this.#capacity.refuses(message)) {
      if (this.definition.overflow === 'reject-publish-dlx') {
        this.#bury(message, 'maxlen');
      }
      return false;
    }
    const entry = this.#contents.enter(message);
    const consumer = this.#ready.length === 0 && !this.#serving ? this.#consumers.next() : undefined;
    if (consumer !== undefined) {
      this.#serve(entry, consumer);
      return true;
    }
    this.#ready.push(entry);
    this.#head.dropOverflow();
    this.#head.dropExpired();
    return true;
  }

  /** basic.get: the head, unacknowledged until it is settled; undefined if there is none. */
  get(): QueuedMessage | undefined {
    this.used();
    this.#head.dropExpired();
    const entry = this.#ready.first;
    if (entry === undefined) {
      return undefined;
    }
    this.#ready.remove(entry);
    this.#contents.hand(entry, false, 'get');
    this.#head.dropExpired();
    return entry;
  }

  /** Who got it needs not acknowledge it. The same as ack, for a get with noAck. */
  taken(entry: QueuedMessage): void {
    this.ack(entry);
  }

  /** Settles it: it is gone. An entry that is no longer unacknowledged is left alone here and in the methods below. */
  ack(entry: QueuedMessage): void {
    const held = this.#contents.release(entry);
    if (held !== undefined) {
      this.#contents.discard(held);
    }
  }

  /** Settles it: it becomes a dead letter, or is gone. */
  reject(entry: QueuedMessage): void {
    const held = this.#contents.release(entry);
    if (held !== undefined) {
      this.#die(held, 'rejected');
    }
  }

  /** Puts messages back where they were, and delivers them again. */
  requeue(entries: readonly QueuedMessage[]): void {
    const deliveryLimit = this.definition.deliveryLimit ?? Number.POSITIVE_INFINITY;
    const exhausted: Entry[] = [];
    // In order: the next one belongs right behind the one before.
    for (const entry of entries.toSorted(bySequence)) {
      const held = this.#contents.release(entry);
      if (held !== undefined && held.deliveryCount >= deliveryLimit) {
        exhausted.push(held);
      } else if (held !== undefined) {
        this.#contents.putBack(held);
      }
    }
    for (const entry of exhausted) {
      this.#die(entry, 'delivery_limit');
    }
    this.#head.dropOverflow();
    this.serve();
  }

  /** Throws 403 ACCESS_REFUSED where one of them would be exclusive. Only streams have offsets. */
  addConsumer(consumer: QueueConsumer, _streamOffset?: FieldValue): void {
    if (!this.#consumers.admits(consumer)) {
      throw channelFailure(403, `queue '${this.name}' in vhost '${this.virtualHost}' in exclusive use`);
    }
    this.#consumers.add(consumer);
    this.#disuse.end();
    this.serve();
  }

  /** What it holds stays its own, to be settled by whoever knows the entries. */
  removeConsumer(consumer: QueueConsumer): void {
    if (!this.#consumers.remove(consumer)) {
      return;
    }
    if (this.#consumers.count === 0) {
      this.used();
      this.#surroundings.lastConsumerGone(this);
    } else {
      this.serve();
    }
  }

  /** Delivers what can be delivered. To be called when a consumer becomes ready again. */
  serve(): void {
    // Whoever is at it already takes the rest too.
    if (!this.#serving) {
      this.#serve(undefined, undefined);
    }
  }

  /** Drops the ready messages; says how many there were. */
  purge(): number {
    return this.#contents.purge();
  }

  /** The end of it: messages are dropped, consumers cancelled. Says how many messages were ready. */
  delete(): number {
    if (this.#deleted) {
      return 0;
    }
    this.#deleted = true;
    const consumers = this.#consumers.all();
    this.suspend();
    const count = this.purge();
    this.#contents.forgetUnacknowledged();
    for (const consumer of consumers) {
      consumer.cancelled();
    }
    return count;
  }

  /** It was declared again, or looked at: x-expires starts over. A get does it by itself. */
  used(): void {
    if (!this.#deleted && this.#consumers.count === 0) {
      this.#disuse.begin();
    }
  }

  /** The broker stops: consumers are forgotten without a word, and no time runs out until restart. */
  suspend(): void {
    this.#consumers.clear();
    this.#head.stop();
    this.#disuse.end();
  }

  /** What a durable queue is after the broker was gone: persistent messages only, those that were delivered redelivered. */
  restart(): void {
    this.suspend();
    this.#contents.keepPersistent();
    this.used();
    this.#head.dropExpired();
  }

  /** Delivers a new message if there is nothing before it, then what is ready. */
  #serve(first: Entry | undefined, waiting: QueueConsumer | undefined): void {
    let entry = first;
    let consumer = waiting;
    this.#serving = true;
    try {
      for (;;) {
        if (entry !== undefined && consumer !== undefined) {
          this.#contents.hand(entry, consumer.noAck, 'deliver');
          consumer.deliver(entry);
        }
        this.#head.dropExpired();
        entry = this.#ready.first;
        consumer = entry === undefined ? undefined : this.#consumers.next();
        if (entry === undefined || consumer === undefined) {
          return;
        }
        this.#ready.remove(entry);
      }
    } finally {
      this.#serving = false;
    }
  }

  #die(entry: Entry, reason: DeathReason): void {
    this.#contents.discard(entry);
    this.#bury(entry.stored, reason);
  }

  #bury(message: Message, reason: DeathReason): void {
    const letter = deadLetterFrom(this.definition, this.name, message, reason);
    if (letter !== undefined) {
      this.#surroundings.deadLetter(this, letter);
    }
  }
}
