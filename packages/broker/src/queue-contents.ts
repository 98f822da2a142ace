import { EntryList } from './entry-list.js';
import type { Message } from './message.js';
import { messageWithHeader } from './message-headers.js';
import { isPersistent, priorityOf, timeToLiveOf } from './message-traits.js';
import type { Queue } from './queue.js';
import type { QueueDefinition } from './queue-definition.js';
import { Entry, type QueuedMessage } from './queued-message.js';
import { ReadyMessages } from './ready-messages.js';

/** The messages of a queue: those that are ready, those that are unacknowledged, and the memory they take. */
export class QueueContents {
  readonly ready: ReadyMessages;
  readonly unacknowledged: EntryList = new EntryList();
  readonly #queue: Queue;
  readonly #definition: QueueDefinition;
  readonly #account: (bytes: number) => void;
  #sequence = 0;
  #bytes = 0;

  constructor(queue: Queue, definition: QueueDefinition, account: (bytes: number) => void) {
    this.ready = new ReadyMessages(definition.maxPriority ?? 0);
    this.#queue = queue;
    this.#definition = definition;
    this.#account = account;
  }

  /** How many there are, wherever they are. */
  get length(): number {
    return this.ready.length + this.unacknowledged.length;
  }

  /** What they take, properties and bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A new entry, which belongs at the end. It is in neither place yet. */
  enter(message: Message): Entry {
    const { maxPriority, messageTtlMs } = this.#definition;
    const timeToLiveMs = timeToLiveOf(message, messageTtlMs);
    const expiresAt = timeToLiveMs === undefined ? undefined : Date.now() + timeToLiveMs;
    const priority = maxPriority === undefined ? 0 : priorityOf(message, maxPriority);
    this.#sequence += 1;
    this.#changeBytes(message.size);
    return new Entry(this.#queue, message, this.#sequence, false, 0, expiresAt, priority);
  }

  /** Makes an entry that is in neither place what its taker gets, and unacknowledged unless he need not acknowledge. */
  hand(entry: Entry, noAck: boolean, by: 'deliver' | 'get'): void {
    // RabbitMQ counts a first basic.get, and not a first basic.deliver.
    if (this.#definition.type === 'quorum' && (by === 'get' || entry.deliveryCount > 0)) {
      const count = BigInt(entry.deliveryCount);
      entry.message = messageWithHeader(entry.stored, 'x-delivery-count', { type: 'l', value: count });
    }
    if (noAck) {
      this.discard(entry);
    } else {
      entry.place = 'unacknowledged';
      this.unacknowledged.push(entry);
    }
  }

  /** Takes it out of the unacknowledged; undefined if it is not, or no longer, among them. */
  release(entry: QueuedMessage): Entry | undefined {
    if (!(entry instanceof Entry) || entry.queue !== this.#queue || entry.place !== 'unacknowledged') {
      return undefined;
    }
    this.unacknowledged.remove(entry);
    entry.place = 'gone';
    return entry;
  }

  /** Puts back what was released: as a new entry, so that whoever still has the old one settles nothing with it. */
  putBack(released: Entry): void {
    const { stored, sequence, deliveryCount, expiresAt, priority } = released;
    this.ready.insert(new Entry(this.#queue, stored, sequence, true, deliveryCount + 1, expiresAt, priority));
  }

  /** An entry that is in neither place is gone. */
  discard(entry: Entry): void {
    entry.place = 'gone';
    this.#changeBytes(-entry.stored.size);
  }

  /** Drops what is ready; says how many. */
  purge(): number {
    const { length } = this.ready;
    for (const entry of this.ready) {
      this.ready.remove(entry);
      this.discard(entry);
    }
    return length;
  }

  /** Drops what is unacknowledged. */
  forgetUnacknowledged(): void {
    for (const entry of this.unacknowledged) {
      this.release(entry);
      this.discard(entry);
    }
  }

  /** What is left after a restart: the persistent ones, all of them ready. */
  keepPersistent(): void {
    for (const entry of this.ready) {
      if (!isPersistent(entry.stored)) {
        this.ready.remove(entry);
        this.discard(entry);
      }
    }
    for (const entry of [...this.unacknowledged].sort(bySequence)) {
      this.release(entry);
      if (isPersistent(entry.stored)) {
        this.putBack(entry);
      } else {
        this.discard(entry);
      }
    }
  }

  #changeBytes(by: number): void {
    this.#bytes += by;
    this.#account(by);
  }
}

/** Puts entries in the order they have in the queue. */
export function bySequence(one: QueuedMessage, other: QueuedMessage): number {
  return one.sequence - other.sequence;
}
