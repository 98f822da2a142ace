import type { FieldValue } from './codec/field-table.js';
import type { QueueConsumer } from './consumer.js';
import { channelFailure, connectionFailure } from './failure.js';
import type { Message } from './message.js';
import { Queue, type QueuedMessage, type QueueLimits, type QueueSurroundings } from './queue.js';
import type { QueueDefinition } from './queue-definition.js';
import { StreamLog } from './stream-log.js';

/** What a consumer has read, and has not acknowledged. */
interface Reader {
  /** The offset it gets next. */
  next: number;
}

/** A delivery from a stream. Acknowledging it tells how much its consumer can take, nothing else. */
interface StreamDelivery extends QueuedMessage {
  readonly queue: StreamQueue;
}

/**
 * A stream as AMQP 0-9-1 sees RabbitMQ's: every consumer reads all of it from where it likes, and nothing leaves it but the
 * oldest, past x-max-length-bytes or the limits of the broker. RabbitMQ drops whole segments, and starts `last` at the
 * latest chunk; here messages are dropped singly, and `last` is the latest message. There is no x-max-age.
 */
export class StreamQueue extends Queue {
  readonly #log: StreamLog = new StreamLog();
  readonly #readers = new Map<QueueConsumer, Reader>();
  readonly #unacknowledged = new Set<QueuedMessage>();
  readonly #surroundings: QueueSurroundings;
  readonly #limits: QueueLimits;
  #serving = false;
  #deleted = false;

  constructor(
    name: string,
    virtualHost: string,
    definition: QueueDefinition,
    surroundings: QueueSurroundings,
    limits: QueueLimits = {},
  ) {
    super(name, virtualHost, definition, surroundings, limits);
    this.#surroundings = surroundings;
    this.#limits = limits;
  }

  /** How many messages are in it, read or not. */
  override get readyCount(): number {
    return this.#log.length;
  }

  override get readyBytes(): number {
    return this.#log.bodyBytes;
  }

  override get unacknowledgedCount(): number {
    return this.#unacknowledged.size;
  }

  override get consumerCount(): number {
    return this.#readers.size;
  }

  override consumers(): readonly QueueConsumer[] {
    return [...this.#readers.keys()];
  }

  override ready(): readonly QueuedMessage[] {
    return Array.from({ length: this.#log.length }, (_, index) => this.#delivery(this.#log.first + index)).filter(
      (delivery) => delivery !== undefined,
    );
  }

  override unacknowledged(): readonly QueuedMessage[] {
    return [...this.#unacknowledged];
  }

  override publish(message: Message): boolean {
    if (this.#deleted) {
      return true;
    }
    this.#log.append(message);
    this.#surroundings.account(message.size);
    while (this.#log.length > 0 && this.#isFull()) {
      this.#surroundings.account(-this.#log.dropFirst());
    }
    this.serve();
    return true;
  }

  /** Throws 540 NOT_IMPLEMENTED. */
  override get(): QueuedMessage | undefined {
    throw connectionFailure(540, `basic.get not supported by stream queues ${this.#resource()}`);
  }

  override ack(entry: QueuedMessage): void {
    this.#unacknowledged.delete(entry);
  }

  /** Throws 540 NOT_IMPLEMENTED. */
  override reject(_entry: QueuedMessage): void {
    throw connectionFailure(540, `basic.nack and basic.reject not supported by stream queues ${this.#resource()}`);
  }

  /** For a channel that closes: nothing goes back into a stream, it never left. */
  override requeue(entries: readonly QueuedMessage[]): void {
    for (const entry of entries) {
      this.#unacknowledged.delete(entry);
    }
    this.serve();
  }

  /**
   * @param offset x-stream-offset: where it begins to read. Default: at the next message that comes.
   *
   * Throws 540 NOT_IMPLEMENTED for one that does not acknowledge, 406 PRECONDITION_FAILED for an offset there is not.
   */
  override addConsumer(consumer: QueueConsumer, offset?: FieldValue): void {
    if (consumer.noAck) {
      throw connectionFailure(540, `automatic acknowledgement not supported by stream queues ${this.#resource()}`);
    }
    this.#readers.set(consumer, { next: this.#startOf(offset) });
    this.serve();
  }

  override removeConsumer(consumer: QueueConsumer): void {
    if (this.#readers.delete(consumer) && this.#readers.size === 0) {
      this.#surroundings.lastConsumerGone(this);
    }
  }

  override serve(): void {
    if (this.#serving) {
      return;
    }
    this.#serving = true;
    try {
      // One message each, round after round, so that one that catches up does not hold up the others.
      for (let delivered = true; delivered; ) {
        delivered = false;
        for (const [consumer, reader] of this.#readers) {
          delivered = this.#deliver(consumer, reader) || delivered;
        }
      }
    } finally {
      this.#serving = false;
    }
  }

  /** A stream cannot be purged. */
  override purge(): number {
    return 0;
  }

  override delete(): number {
    if (!this.#deleted) {
      this.#deleted = true;
      const consumers = this.consumers();
      this.suspend();
      this.#surroundings.account(-this.#log.bytes);
      while (this.#log.length > 0) {
        this.#log.dropFirst();
      }
      for (const consumer of consumers) {
        consumer.cancelled();
      }
    }
    return 0;
  }

  override suspend(): void {
    super.suspend();
    this.#readers.clear();
    this.#unacknowledged.clear();
  }

  /** All of a stream is persistent. */
  override restart(): void {
    this.suspend();
  }

  #deliver(consumer: QueueConsumer, reader: Reader): boolean {
    if (reader.next >= this.#log.end || !consumer.ready()) {
      return false;
    }
    // What was dropped before it was read is missed.
    const delivery = this.#delivery(Math.max(reader.next, this.#log.first));
    if (delivery === undefined) {
      return false;
    }
    reader.next = delivery.sequence + 1;
    this.#unacknowledged.add(delivery);
    consumer.deliver(delivery);
    return true;
  }

  #delivery(offset: number): StreamDelivery | undefined {
    const message = this.#log.at(offset);
    return message === undefined
      ? undefined
      : { queue: this, message, sequence: offset, redelivered: false, deliveryCount: 0, expiresAt: undefined };
  }

  #startOf(offset: FieldValue | undefined): number {
    const value = offset !== undefined && 'value' in offset ? offset.value : undefined;
    if (offset === undefined || value === 'next') {
      return this.#log.end;
    }
    if (offset.type === 'T') {
      return this.#log.since(Number(offset.value) * 1000);
    }
    if (value === 'first') {
      return this.#log.first;
    }
    if (value === 'last') {
      return Math.max(this.#log.end - 1, this.#log.first);
    }
    if ((typeof value === 'number' || typeof value === 'bigint') && value >= 0) {
      return Math.max(Number(value), this.#log.first);
    }
    throw channelFailure(
      406,
      `invalid arg 'x-stream-offset' for ${this.#resource()}: it is first, last, next, a number or a time`,
    );
  }

  #isFull(): boolean {
    const { queueMessages = Number.POSITIVE_INFINITY, queueBytes = Number.POSITIVE_INFINITY } = this.#limits;
    const log = this.#log;
    return (
      log.bodyBytes > (this.definition.maxLengthBytes ?? Number.POSITIVE_INFINITY) ||
      log.length > queueMessages ||
      log.bytes > queueBytes
    );
  }

  #resource(): string {
    return `queue '${this.name}' in vhost '${this.virtualHost}'`;
  }
}
