import { Alarm } from './alarm.js';
import type { QueueConsumer } from './consumer.js';
import { type DeathReason, deadLetter } from './dead-letter.js';
import { withDeliveryCount } from './delivery-count.js';
import { EntryList } from './entry-list.js';
import { channelFailure } from './failure.js';
import type { Message } from './message.js';
import { isPersistent, priorityOf, timeToLiveOf } from './message-traits.js';
import { QueueConsumers } from './queue-consumers.js';
import type { QueueDefinition } from './queue-definition.js';
import { Entry, type QueuedMessage } from './queued-message.js';
import { ReadyMessages } from './ready-messages.js';

export type { QueuedMessage } from './queued-message.js';

/** What a queue asks of the virtual host it is in. */
export interface QueueSurroundings {
  /** A dead letter, rewritten: to be routed from its exchange, but not into queues where it goes round (isCycle). */
  deadLetter(queue: Queue, message: Message): void;
  /** Nobody used it for as long as x-expires: it is to be deleted. */
  expired(queue: Queue): void;
  /** Its last consumer went; an auto-delete queue is to be deleted now. */
  lastConsumerGone(queue: Queue): void;
  /** Memory taken, or given back if negative, in bytes. */
  account(bytes: number): void;
}

/** The broker's own bounds on a queue, unacknowledged messages included. Default: none. */
export interface QueueLimits {
  readonly queueMessages?: number | undefined;
  /** Properties and bodies, in bytes. */
  readonly queueBytes?: number | undefined;
}

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
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  readonly #ready: ReadyMessages;
  readonly #unacknowledged = new EntryList();
  readonly #consumers: QueueConsumers;
  readonly #headExpiry = new Alarm(() => this.serve());
  readonly #disuse = new Alarm(() => this.#considerDisuse());
  #lastUsed = 0;
  #sequence = 0;
  /** Of all messages, unacknowledged too, with their properties. */
  #bytes = 0;
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
    this.#maxMessages = limits.queueMessages ?? Number.POSITIVE_INFINITY;
    this.#maxBytes = limits.queueBytes ?? Number.POSITIVE_INFINITY;
    this.#ready = new ReadyMessages(definition.maxPriority ?? 0);
    this.#consumers = new QueueConsumers(definition.singleActiveConsumer);
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
    return this.#unacknowledged.length;
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
    return [...this.#unacknowledged];
  }

  /** Takes a message; false if the queue is full and refuses it: its publisher gets a nack. */
  publish(message: Message): boolean {
    if (this.#deleted) {
      return true;
    }
    if (this.#refuses(message)) {
      return false;
    }
    const { maxPriority, messageTtlMs } = this.definition;
    const timeToLiveMs = timeToLiveOf(message, messageTtlMs);
    const expiresAt = timeToLiveMs === undefined ? undefined : Date.now() + timeToLiveMs;
    const priority = maxPriority === undefined ? 0 : priorityOf(message, maxPriority);
    this.#sequence += 1;
    const entry = new Entry(this, message, this.#sequence, false, 0, expiresAt, priority);
    this.#account(message.size);
    if (this.#ready.length === 0 && !this.#serving) {
      const consumer = this.#consumers.next();
      if (consumer !== undefined) {
        this.#handNew(entry, consumer);
        return true;
      }
    }
    this.#ready.push(entry);
    this.#dropOverflow();
    // Expiry is looked at when a message becomes the head, not before.
    if (expiresAt !== undefined && this.#ready.first === entry) {
      this.#dropExpired();
    }
    return true;
  }

  /** basic.get: the head, unacknowledged until it is settled; undefined if there is none. */
  get(): QueuedMessage | undefined {
    this.used();
    this.#dropExpired();
    const entry = this.#ready.first;
    if (entry === undefined) {
      return undefined;
    }
    this.#ready.remove(entry);
    this.#hold(entry);
    this.#dropExpired();
    return entry;
  }

  /** Who got it needs not acknowledge it. The same as ack, for a get with noAck. */
  taken(entry: QueuedMessage): void {
    this.ack(entry);
  }

  /** Settles it: it is gone. An entry that is no longer unacknowledged is left alone here and in the methods below. */
  ack(entry: QueuedMessage): void {
    const held = this.#release(entry);
    if (held !== undefined) {
      this.#discard(held);
    }
  }

  /** Settles it: it becomes a dead letter, or is gone. */
  reject(entry: QueuedMessage): void {
    const held = this.#release(entry);
    if (held !== undefined) {
      this.#die(held, 'rejected');
    }
  }

  /** Puts messages back where they were, and delivers them again. */
  requeue(entries: readonly QueuedMessage[]): void {
    const exhausted: Entry[] = [];
    // In order: the next one belongs right behind the one before.
    for (const entry of entries.toSorted((one, other) => one.sequence - other.sequence)) {
      const held = this.#release(entry);
      if (held !== undefined) {
        const returned = this.#returned(held);
        if (returned.deliveryCount > (this.definition.deliveryLimit ?? Number.POSITIVE_INFINITY)) {
          exhausted.push(held);
        } else {
          this.#ready.insert(returned);
        }
      }
    }
    for (const entry of exhausted) {
      this.#die(entry, 'delivery_limit');
    }
    this.#dropOverflow();
    this.serve();
  }

  /** Throws 403 ACCESS_REFUSED where one of them would be exclusive. */
  addConsumer(consumer: QueueConsumer): void {
    const { exclusive, count } = this.#consumers;
    if (exclusive || (consumer.exclusive && (count > 0 || this.definition.singleActiveConsumer))) {
      throw channelFailure(403, `queue '${this.name}' in vhost '${this.virtualHost}' in exclusive use`);
    }
    this.#consumers.add(consumer);
    this.#disuse.stop();
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
    if (this.#serving) {
      return;
    }
    this.#serving = true;
    try {
      this.#dropExpired();
      for (let entry = this.#ready.first; entry !== undefined; entry = this.#ready.first) {
        const consumer = this.#consumers.next();
        if (consumer === undefined) {
          return;
        }
        this.#ready.remove(entry);
        this.#hand(entry, consumer);
        this.#dropExpired();
      }
    } finally {
      this.#serving = false;
    }
  }

  /** Drops the ready messages; says how many there were. */
  purge(): number {
    const { length } = this.#ready;
    for (let entry = this.#ready.first; entry !== undefined; entry = this.#ready.first) {
      this.#ready.remove(entry);
      this.#discard(entry);
    }
    return length;
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
    this.#forgetUnacknowledged();
    for (const consumer of consumers) {
      consumer.cancelled();
    }
    return count;
  }

  /** It was declared again, or looked at: x-expires starts over. A get does it by itself. */
  used(): void {
    const { expiresMs } = this.definition;
    if (expiresMs !== undefined && !this.#deleted) {
      this.#lastUsed = Date.now();
      this.#disuse.setAt(this.#lastUsed + expiresMs);
    }
  }

  /** The broker stops: consumers are forgotten without a word, and no time runs out until restart. */
  suspend(): void {
    this.#consumers.clear();
    this.#headExpiry.stop();
    this.#disuse.stop();
  }

  /** What a durable queue is after the broker was gone: persistent messages only, those that were delivered redelivered. */
  restart(): void {
    this.suspend();
    for (const entry of this.#ready) {
      if (!isPersistent(entry.stored)) {
        this.#ready.remove(entry);
        this.#discard(entry);
      }
    }
    const held = [...this.#unacknowledged].filter(({ stored }) => isPersistent(stored));
    const returned = held.map((entry) => this.#returned(entry));
    this.#forgetUnacknowledged();
    for (const entry of returned.sort((one, other) => one.sequence - other.sequence)) {
      this.#ready.insert(entry);
      this.#account(entry.stored.size);
    }
    this.used();
    this.#dropExpired();
  }

  /** Past the ready messages, of which there are none. */
  #handNew(entry: Entry, consumer: QueueConsumer): void {
    this.#serving = true;
    try {
      this.#hand(entry, consumer);
    } finally {
      this.#serving = false;
    }
    if (this.#ready.length > 0) {
      this.serve();
    }
  }

  #hand(entry: Entry, consumer: QueueConsumer): void {
    this.#hold(entry);
    if (consumer.noAck) {
      this.ack(entry);
    }
    consumer.deliver(entry);
  }

  #hold(entry: Entry): void {
    if (this.definition.type === 'quorum') {
      entry.message = withDeliveryCount(entry.stored, entry.deliveryCount);
    }
    entry.place = 'unacknowledged';
    this.#unacknowledged.push(entry);
  }

  /** Takes it out of the unacknowledged; undefined if it is not, or no longer, among them. */
  #release(entry: QueuedMessage): Entry | undefined {
    if (!(entry instanceof Entry) || entry.queue !== this || entry.place !== 'unacknowledged') {
      return undefined;
    }
    this.#unacknowledged.remove(entry);
    entry.place = 'gone';
    return entry;
  }

  /** A new entry: whoever still has the old one settles nothing with it. */
  #returned(entry: Entry): Entry {
    const { stored, sequence, deliveryCount, expiresAt, priority } = entry;
    return new Entry(this, stored, sequence, true, deliveryCount + 1, expiresAt, priority);
  }

  #forgetUnacknowledged(): void {
    for (const entry of this.#unacknowledged) {
      this.#release(entry);
      this.#discard(entry);
    }
  }

  /** It is in no list any more, and gone. */
  #discard(entry: Entry): void {
    entry.place = 'gone';
    this.#account(-entry.stored.size);
  }

  #die(entry: Entry, reason: DeathReason): void {
    this.#discard(entry);
    this.#bury(entry.stored, reason);
  }

  #bury(message: Message, reason: DeathReason): void {
    const { deadLetterExchange, deadLetterRoutingKey } = this.definition;
    if (deadLetterExchange !== undefined) {
      const letter = deadLetter(message, {
        reason,
        queue: this.name,
        exchange: deadLetterExchange,
        routingKey: deadLetterRoutingKey,
      });
      this.#surroundings.deadLetter(this, letter);
    }
  }

  #account(bytes: number): void {
    this.#bytes += bytes;
    this.#surroundings.account(bytes);
  }

  #refuses(message: Message): boolean {
    const { overflow } = this.definition;
    if (overflow !== 'drop-head' && this.#overflows(1, message.body.length)) {
      if (overflow === 'reject-publish-dlx') {
        this.#bury(message, 'maxlen');
      }
      return true;
    }
    const count = this.#ready.length + this.#unacknowledged.length;
    return count >= this.#maxMessages || this.#bytes + message.size > this.#maxBytes;
  }

  #overflows(moreMessages: number, moreBytes: number): boolean {
    const { maxLength, maxLengthBytes } = this.definition;
    return (
      (maxLength !== undefined && this.#ready.length + moreMessages > maxLength) ||
      (maxLengthBytes !== undefined && this.#ready.bytes + moreBytes > maxLengthBytes)
    );
  }

  #dropOverflow(): void {
    while (this.#overflows(0, 0)) {
      this.#dropHead('maxlen');
    }
  }

  /** Drops from the head what is past its time, and sees to it that the next one is when its time comes. */
  #dropExpired(): void {
    for (let first = this.#ready.first; first?.expiresAt !== undefined; first = this.#ready.first) {
      if (first.expiresAt > Date.now()) {
        this.#headExpiry.setAt(first.expiresAt);
        return;
      }
      this.#dropHead('expired');
    }
  }

  #dropHead(reason: DeathReason): void {
    const first = this.#ready.first;
    if (first !== undefined) {
      this.#ready.remove(first);
      this.#die(first, reason);
    }
  }

  #considerDisuse(): void {
    const { expiresMs } = this.definition;
    if (expiresMs === undefined || this.#consumers.count > 0) {
      return;
    }
    const due = this.#lastUsed + expiresMs;
    if (Date.now() < due) {
      this.#disuse.setAt(due);
    } else {
      this.#surroundings.expired(this);
    }
  }
}
