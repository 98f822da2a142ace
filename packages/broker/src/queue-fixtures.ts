import { EMPTY_TABLE } from './codec/field-table.js';
import { encodeProperties, type Properties } from './codec/properties.js';
import type { QueueConsumer } from './consumer.js';
import { Message } from './message.js';
import { Queue, type QueuedMessage, type QueueLimits } from './queue.js';
import type { QueueDefinition } from './queue-definition.js';

/** Stands for whatever is around a queue in a test, and remembers what it was told. */
export interface QueueUnderTest {
  readonly queue: Queue;
  readonly deadLetters: Message[];
  /** Bytes accounted so far. */
  readonly memory: { bytes: number };
  readonly events: string[];
}

/** A definition with nothing special but this. */
export function definitionOf(definition: Partial<QueueDefinition>): QueueDefinition {
  return {
    durable: true,
    exclusive: false,
    autoDelete: false,
    arguments: EMPTY_TABLE,
    type: 'classic',
    expiresMs: undefined,
    messageTtlMs: undefined,
    maxLength: undefined,
    maxLengthBytes: undefined,
    overflow: 'drop-head',
    deadLetterExchange: undefined,
    deadLetterRoutingKey: undefined,
    singleActiveConsumer: false,
    maxPriority: undefined,
    deliveryLimit: undefined,
    ...definition,
  };
}

/** A queue named `q` with this definition, and no arguments otherwise. */
export function queueUnderTest(definition: Partial<QueueDefinition> = {}, limits?: QueueLimits): QueueUnderTest {
  const deadLetters: Message[] = [];
  const memory = { bytes: 0 };
  const events: string[] = [];
  const surroundings = {
    deadLetter: (_queue: Queue, message: Message) => void deadLetters.push(message),
    expired: () => void events.push('expired'),
    lastConsumerGone: () => void events.push('last consumer gone'),
    account: (bytes: number) => {
      memory.bytes += bytes;
    },
  };
  const queue = new Queue('q', '/', definitionOf(definition), surroundings, limits);
  return { queue, deadLetters, memory, events };
}

/** A message for queue `q`. */
export function messageOf(body: string, properties: Properties = {}): Message {
  return new Message('', 'q', encodeProperties(properties), Buffer.from(body));
}

/** A consumer that keeps what it gets, and takes as much as `room` says. */
export interface ConsumerUnderTest extends QueueConsumer {
  readonly entries: QueuedMessage[];
  /** The bodies of what it got. */
  readonly bodies: string[];
  room: number;
  wasCancelled: boolean;
}

/** A consumer with endless room, which acknowledges nothing by itself. */
export function consumerUnderTest(
  tag: string,
  options: { exclusive?: boolean; priority?: number; noAck?: boolean; room?: number } = {},
): ConsumerUnderTest {
  const entries: QueuedMessage[] = [];
  const bodies: string[] = [];
  return {
    tag,
    exclusive: options.exclusive ?? false,
    priority: options.priority ?? 0,
    noAck: options.noAck ?? false,
    entries,
    bodies,
    room: options.room ?? Number.POSITIVE_INFINITY,
    wasCancelled: false,
    ready() {
      return this.room > 0;
    },
    deliver(entry) {
      this.room -= 1;
      entries.push(entry);
      bodies.push(entry.message.body.toString());
    },
    cancelled() {
      this.wasCancelled = true;
    },
  };
}

/** The bodies of entries. */
export function bodiesOf(entries: readonly QueuedMessage[]): string[] {
  return entries.map(({ message }) => message.body.toString());
}
