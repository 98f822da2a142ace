import type { Compression } from './compression.js';

/** How one message is published. */
export interface PublishOptions {
  /**
   * Ask the broker to return the message when no queue takes it; `publish` then rejects with MessageUndeliverableError.
   * Default false: the broker drops such a message and confirms it.
   */
  readonly mandatory?: boolean;
  /** How long the message may stay in a queue, in ms. Default: for ever. */
  readonly expirationMs?: number;
  /** Default true: kept on disk if the queue is durable. */
  readonly persistent?: boolean;
  /** AMQP's own name for `persistent`: 2 is true, 1 is false. Default 2. Give one of the two, not both. */
  readonly deliveryMode?: 1 | 2;
  /** 0 to 255; a queue with `x-max-priority` knows no more than that. Default: not set. */
  readonly priority?: number;
  /** MIME type of the body, such as `application/json`. Default: not set. */
  readonly contentType?: string;
  /** MIME encoding of the body, such as `utf-8`; nothing is encoded by it. Default: not set. */
  readonly contentEncoding?: string;
  /**
   * Strings, numbers, booleans, null, Buffers, and arrays and objects of those; `CC` and `BCC` are further routing keys, as
   * arrays of strings. Default: an empty table.
   */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Default: not set. What is published again after a reconnect has the id it had. */
  readonly messageId?: string;
  /** What a reply is to be told apart by. Default: not set. */
  readonly correlationId?: string;
  /** The queue that a reply is to go to. Default: not set. */
  readonly replyTo?: string;
  /** What kind of message it is, in the application's words. Default: not set. */
  readonly type?: string;
  /** Which application sends it. Default: not set. */
  readonly appId?: string;
  /** RabbitMQ refuses the message unless this is the name of the connection's user. */
  readonly userId?: string;
  /** To the second: AMQP knows no less. Default: not set. */
  readonly timestamp?: Date;
  /**
   * Compresses the body, as kombu does, and says so in the header `compression`. Default: the transport's `compression`;
   * `'none'`: not at all. oslo: `kombu_compression`.
   */
  readonly compression?: Compression | 'none';
  /**
   * By when the broker must have confirmed, in ms from now, waiting for a connection included. Default: the transport's
   * `publishTimeoutMs`. After it `publish` rejects with MessageDeliveryError.
   */
  readonly timeoutMs?: number;
  /**
   * How many failures of the connection this message outlives. `null`, `undefined` and negative: as many as come until
   * `timeoutMs`; 0: none; N: N. oslo: `retry`.
   */
  readonly retry?: number | null;
  /** Stops waiting for the outcome: `publish` rejects with `signal.reason`. What was written cannot be taken back. */
  readonly signal?: AbortSignal;
}
