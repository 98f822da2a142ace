/** What an `expiration` says, in ms; undefined for none, and for one that is no whole number. */
export function parseExpiration(expiration: unknown): number | undefined {
  return typeof expiration === 'string' && /^\d{1,15}$/u.test(expiration) ? Number(expiration) : undefined;
}

/** A message that arrived. Settle it once: `ack` or `reject`. */
export interface Delivery {
  readonly body: Buffer;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly messageId: string | undefined;
  readonly correlationId: string | undefined;
  readonly replyTo: string | undefined;
  readonly type: string | undefined;
  readonly appId: string | undefined;
  /** The sender's user name; RabbitMQ has checked it. */
  readonly userId: string | undefined;
  readonly priority: number | undefined;
  /** How long the message was allowed to stay in a queue, as its sender said, in ms; what it stayed there is not taken off. */
  readonly expirationMs: number | undefined;
  /** To the second. */
  readonly timestamp: Date | undefined;
  /**
   * The message is done with. Returns false when the connection it came by is gone, and the broker then delivers it
   * again, or when it was settled before. True says that a live connection has it to write, and no more: acknowledgements
   * are written together at the end of a turn of the event loop, and one that is lost with its connection, before or after
   * it was written, has the message delivered again with `redelivered` set.
   */
  ack(): boolean;
  /** The message is not wanted: back to its queue (`requeue: true`), or dropped or dead-lettered. Returns as `ack`. */
  reject(options: { readonly requeue: boolean }): boolean;
}
