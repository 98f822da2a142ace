import type { QueuedMessage } from './queue.js';

/** Who takes messages from a queue, as the queue sees it. The channel has the rest. */
export interface QueueConsumer {
  readonly tag: string;
  readonly exclusive: boolean;
  /** Of x-priority; 0 without it. Higher is served first. */
  readonly priority: number;
  readonly noAck: boolean;
  /** Whether it can take a message of this size now: prefetch, flow, and the room in its socket. */
  ready(): boolean;
  /** Takes it. The entry stays the consumer's until it is settled through the queue, unless noAck. */
  deliver(entry: QueuedMessage): void;
  /** The queue is gone: basic.cancel goes to the client if it asked for such. */
  cancelled(): void;
}
