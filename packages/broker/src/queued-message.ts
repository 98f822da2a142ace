import type { Message } from './message.js';
import type { Queue } from './queue.js';

/** A message in a queue: one delivery of it, from the queue's point of view. A requeued message is a new one of these. */
export interface QueuedMessage {
  readonly queue: Queue;
  readonly message: Message;
  /** Its place in the queue, kept when it is requeued. */
  readonly sequence: number;
  /** Whether it was given to someone before. */
  readonly redelivered: boolean;
  /** How often it came back. */
  readonly deliveryCount: number;
  /** When its time is over, in milliseconds since 1970; undefined without a TTL. */
  readonly expiresAt: number | undefined;
}

/** Where an entry is. Only the queue moves it. */
export type Place = 'ready' | 'unacknowledged' | 'gone';

/** A queued message with what the queue needs to find and order it: lists of entries run through the entries themselves. */
export class Entry implements QueuedMessage {
  readonly queue: Queue;
  /** As it is delivered: the stored one, unless the queue adds a header to it. */
  message: Message;
  /** As it was published. */
  readonly stored: Message;
  readonly sequence: number;
  readonly redelivered: boolean;
  readonly deliveryCount: number;
  readonly expiresAt: number | undefined;
  /** Of the queue's x-max-priority; 0 in a queue without. */
  readonly priority: number;
  place: Place = 'ready';
  previous: Entry | undefined = undefined;
  next: Entry | undefined = undefined;

  constructor(
    queue: Queue,
    stored: Message,
    sequence: number,
    redelivered: boolean,
    deliveryCount: number,
    expiresAt: number | undefined,
    priority: number,
  ) {
    this.queue = queue;
    this.message = stored;
    this.stored = stored;
    this.sequence = sequence;
    this.redelivered = redelivered;
    this.deliveryCount = deliveryCount;
    this.expiresAt = expiresAt;
    this.priority = priority;
  }
}
