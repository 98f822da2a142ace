import { Acknowledgements, type Held } from './acknowledgements.js';
import { channelError } from './broker-errors.js';
import type { ConsumeOptions, ConsumerArguments } from './consume-options.js';
import { checkQueue, closeQuietly, declareSource, named } from './declare.js';
import { type Delivery, parseExpiration } from './delivery.js';
import type { Source } from './entities.js';
import { DestinationNotFoundError, type TransportError } from './errors.js';
import type { Channel, ConsumeMessage, Link } from './link.js';
import { settledWithin } from './settled-within.js';

/** A consumer's stay on one channel of one link, which is its own: what the broker refuses here concerns nobody else. */
export interface Session {
  /** Its name, which the broker may have made up. */
  readonly queue: string;
  /** Resolves when messages no longer arrive: with the broker's reason, or with nothing when the link or we ended it. */
  readonly ended: Promise<TransportError | undefined>;
  readonly active: boolean;
  /** Stops the messages; the channel stays until those already delivered are settled. Never rejects. */
  cancel(): Promise<void>;
}

/** What a session consumes from. */
export interface SessionSource extends Source {
  /** False: the queue is only looked for, and nothing is declared or bound. */
  readonly declare: boolean;
}

/** How a session consumes. */
export interface SessionOptions extends Omit<ConsumeOptions, 'arguments'> {
  readonly arguments?: ConsumerArguments;
}

/** Declares the source and consumes from it. @throws ConnectionLostError, DeclarationError, DestinationNotFoundError. */
export async function openSession(
  link: Link,
  source: SessionSource,
  options: SessionOptions,
  onDelivery: (delivery: Delivery) => void,
): Promise<Session> {
  const channel = await link.openChannel();
  try {
    const { prefetch = 100 } = options;
    if (prefetch > 0) await channel.prefetch(prefetch);
    let queue = source.queue.name;
    if (source.declare) queue = await declareSource(channel, source);
    else await checkQueue(channel, queue);
    const session = new ChannelSession(link, channel, queue, onDelivery);
    await session.consume(options);
    return session;
  } catch (error) {
    if (link.endReason !== undefined) throw link.endReason;
    closeQuietly(channel);
    throw error;
  }
}

// How long a broker may take to say that a consumer is cancelled.
const CANCEL_MS = 500;

class ChannelSession implements Session {
  readonly queue: string;
  readonly ended: Promise<TransportError | undefined>;
  readonly #link: Link;
  readonly #channel: Channel;
  readonly #onDelivery: (delivery: Delivery) => void;
  #state: 'opening' | 'consuming' | 'cancelled' | 'closed' = 'opening';
  #consumerTag = '';
  #cancelled: Promise<void> | undefined;
  readonly #acknowledgements = new Acknowledgements<ConsumeMessage>();
  readonly #writePending = (): void => this.#writeAcks();
  #resolveEnded!: (reason: TransportError | undefined) => void;

  constructor(link: Link, channel: Channel, queue: string, onDelivery: (delivery: Delivery) => void) {
    this.#link = link;
    this.#channel = channel;
    this.queue = queue;
    this.#onDelivery = onDelivery;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    channel.on('error', (error: Error) => this.#resolveEnded(channelError(`consuming from queue '${queue}'`, error)));
    const lastChance = () => {
      this.#writeAcks();
      this.#state = 'closed';
    };
    link.closing.addEventListener('abort', lastChance, { once: true });
    channel.on('close', () => {
      link.closing.removeEventListener('abort', lastChance);
      this.#state = 'closed';
      this.#resolveEnded(undefined);
    });
  }

  get active(): boolean {
    return this.#state === 'consuming';
  }

  async consume({ consumerTag, exclusive = false, arguments: args }: SessionOptions): Promise<void> {
    const { consumerTag: tag } = await named(
      `consuming from queue '${this.queue}'`,
      this.#channel.consume(this.queue, (message) => this.#received(message), {
        ...(consumerTag === undefined ? {} : { consumerTag }),
        exclusive,
        arguments: { ...args },
      }),
    );
    this.#consumerTag = tag;
    if (this.#state === 'opening') this.#state = 'consuming';
  }

  cancel(): Promise<void> {
    this.#cancelled ??= this.#state === 'consuming' ? this.#cancel() : Promise.resolve();
    return this.#cancelled;
  }

  async #cancel(): Promise<void> {
    this.#state = 'cancelled';
    this.#writeAcks();
    // Either the broker answers, or the channel goes first and the consumer with it, or it stands still: what it sends
    // from now on is given back in any case.
    await settledWithin(this.#channel.cancel(this.#consumerTag), CANCEL_MS);
    this.#resolveEnded(undefined);
    this.#leaveIfSettled();
  }

  #received(message: ConsumeMessage | null): void {
    if (message === null) {
      if (this.#state === 'closed') return;
      this.#state = 'cancelled';
      this.#resolveEnded(
        new DestinationNotFoundError(
          `The broker cancelled the consumer of queue '${this.queue}': the queue was deleted, or has moved.`,
        ),
      );
      this.#leaveIfSettled();
      return;
    }
    // Its channel is gone and it could not be settled: the broker delivers it again, on the next one.
    if (this.#state === 'closed' || this.#link.endReason !== undefined) return;
    const delivery = this.#toDelivery(this.#acknowledgements.received(message));
    // What arrives after cancel() was called has not begun: it belongs to the next consumer.
    if (this.#state === 'cancelled') delivery.reject({ requeue: true });
    else this.#onDelivery(delivery);
  }

  #toDelivery(held: Held<ConsumeMessage>): Delivery {
    const { message } = held;
    const { fields, properties } = message;
    return {
      body: message.content,
      exchange: fields.exchange,
      routingKey: fields.routingKey,
      redelivered: fields.redelivered,
      contentType: properties.contentType,
      contentEncoding: properties.contentEncoding,
      headers: properties.headers ?? {},
      messageId: properties.messageId,
      correlationId: properties.correlationId,
      replyTo: properties.replyTo,
      type: properties.type,
      appId: properties.appId,
      userId: properties.userId,
      priority: properties.priority,
      expirationMs: parseExpiration(properties.expiration),
      timestamp: properties.timestamp === undefined ? undefined : new Date(Number(properties.timestamp) * 1000),
      ack: () => this.#ack(held),
      reject: ({ requeue }) => this.#reject(held, requeue),
    };
  }

  #ack(held: Held<ConsumeMessage>): boolean {
    if (!this.#canSettle(held)) return false;
    this.#acknowledgements.ack(held);
    // A frame for each would cost the broker and us more than the messages of a busy consumer do. What handlers settle in
    // microtasks is still in time, and waits for no other socket.
    if (this.#acknowledgements.pending === 1) process.nextTick(this.#writePending);
    this.#leaveIfSettled();
    return true;
  }

  #reject(held: Held<ConsumeMessage>, requeue: boolean): boolean {
    if (!this.#canSettle(held)) return false;
    this.#writeAcks();
    this.#acknowledgements.rejected(held);
    const written = this.#write(() => this.#channel.reject(held.message, requeue));
    this.#leaveIfSettled();
    return written;
  }

  #canSettle({ settled }: Held<ConsumeMessage>): boolean {
    return !settled && this.#state !== 'closed' && this.#link.endReason === undefined;
  }

  #writeAcks(): void {
    for (const { message, multiple } of this.#acknowledgements.take()) {
      if (!this.#write(() => this.#channel.ack(message, multiple))) return;
    }
  }

  /** False: the channel is ending, and the broker delivers again what it holds. */
  #write(act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      // amqplib refuses a channel that is ending before its 'close' says so.
      if (error instanceof Error && error.name === 'IllegalOperationError') return false;
      throw error;
    }
  }

  #leaveIfSettled(): void {
    if (this.#state !== 'cancelled' || this.#acknowledgements.unsettled > 0) return;
    this.#writeAcks();
    closeQuietly(this.#channel);
  }
}
