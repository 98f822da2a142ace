import type { Message } from './message.js';
import type { QueueContents } from './queue-contents.js';
import type { QueueDefinition } from './queue-definition.js';

/** The broker's own bounds on a queue, unacknowledged messages included. Default: none. */
export interface QueueLimits {
  readonly queueMessages?: number | undefined;
  /** Properties and bodies, in bytes. */
  readonly queueBytes?: number | undefined;
}

/** How full a queue may be. */
export class QueueCapacity {
  readonly #contents: QueueContents;
  /** Instead of dropping the oldest. */
  readonly #rejects: boolean;
  readonly #maxLength: number;
  readonly #maxLengthBytes: number;
  readonly #maxMessages: number;
  readonly #maxBytes: number;

  constructor(contents: QueueContents, definition: QueueDefinition, limits: QueueLimits) {
    this.#contents = contents;
    this.#rejects = definition.overflow !== 'drop-head';
    this.#maxLength = definition.maxLength ?? Number.POSITIVE_INFINITY;
    this.#maxLengthBytes = definition.maxLengthBytes ?? Number.POSITIVE_INFINITY;
    this.#maxMessages = limits.queueMessages ?? Number.POSITIVE_INFINITY;
    this.#maxBytes = limits.queueBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Whether there is more than x-max-length and x-max-length-bytes allow. */
  get exceeded(): boolean {
    const { ready } = this.#contents;
    return ready.length > this.#maxLength || ready.bytes > this.#maxLengthBytes;
  }

  /** Whether this one is too much. */
  refuses(message: Message): boolean {
    const contents = this.#contents;
    return (
      (this.#rejects && this.#wouldExceed(message)) ||
      contents.length >= this.#maxMessages ||
      contents.bytes + message.size > this.#maxBytes
    );
  }

  // RabbitMQ does not ask whether a consumer waits for it either.
  #wouldExceed(message: Message): boolean {
    const { ready } = this.#contents;
    return ready.length + 1 > this.#maxLength || ready.bytes + message.body.length > this.#maxLengthBytes;
  }
}
