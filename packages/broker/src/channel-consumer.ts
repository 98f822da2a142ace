import type { FieldValue } from './codec/field-table.js';
import { type DeliveryPrefix, deliveryPrefix } from './codec/frames.js';
import type { MethodFields } from './codec/methods.js';
import type { QueueConsumer } from './consumer.js';
import type { Consuming } from './consuming.js';
import { typeName } from './erlang-terms.js';
import { channelFailure } from './failure.js';
import type { Queue, QueuedMessage } from './queue.js';

/** A consumer, as the channel keeps it and as its queue sees it. */
export class ChannelConsumer implements QueueConsumer {
  readonly tag: string;
  readonly exclusive: boolean;
  readonly noAck: boolean;
  readonly priority: number;
  readonly prefetch: number;
  readonly queue: Queue;
  /** What its deliveries begin with, encoded once. */
  readonly prefix: DeliveryPrefix;
  /** How many deliveries it has not settled. */
  held = 0;
  readonly #consuming: Consuming;
  #started = false;

  constructor(
    consuming: Consuming,
    queue: Queue,
    tag: string,
    fields: MethodFields<'basic.consume'>,
    prefetch: number,
  ) {
    this.#consuming = consuming;
    this.queue = queue;
    this.tag = tag;
    this.exclusive = fields.exclusive;
    this.noAck = fields.noAck;
    this.priority = readPriority(fields.arguments.get('x-priority'), queue);
    this.prefetch = prefetch;
    this.prefix = deliveryPrefix(tag);
  }

  get channel(): Consuming['channel'] {
    return this.#consuming.channel;
  }

  /** From now on it can be given messages: the client knows of it. */
  start(): void {
    this.#started = true;
    this.queue.serve();
  }

  ready(): boolean {
    if (!this.#started) return false;
    if (!this.noAck && this.prefetch > 0 && this.held >= this.prefetch) return false;
    return this.#consuming.hasRoom(this.noAck);
  }

  deliver(entry: QueuedMessage): void {
    this.#consuming.deliver(this, entry);
  }

  cancelled(): void {
    this.#consuming.cancelled(this);
  }
}

function readPriority(field: FieldValue | undefined, queue: Queue): number {
  if (field === undefined) return 0;
  const value = field.type === 'V' ? undefined : field.value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw channelFailure(
    406,
    `invalid arg 'x-priority' for queue '${queue.name}' in vhost '${queue.virtualHost}': "expected integer, got ${typeName(field)}"`,
  );
}
