import type { Message } from './message.js';
import type { Queue } from './queue.js';

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
