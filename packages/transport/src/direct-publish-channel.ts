import { closeQuietly } from './declare.js';
import type { FrameQueue } from './frame-writer.js';
import type { ConfirmChannel } from './link.js';
import type { Outgoing } from './outgoing.js';
import { listenToEnd, type PublishChannel, type PublishChannelListener } from './publish-channel.js';
import { beginBodyFrame, encodePublish, endBodyFrame, FRAME_OVERHEAD, frameBytesAtMost } from './publish-encoder.js';
import { tableBytesAtMost } from './table-bytes.js';

/** What of amqplib's confirm channel is used besides its public ways; a later amqplib may lack any of it. */
interface ChannelInsides {
  readonly ch?: unknown;
  readonly unconfirmed?: unknown;
  readonly sendMessage?: (fields: object, properties: object, body: Buffer) => unknown;
}

/** The same of its connection. */
export interface PublishInsides {
  readonly frameMax?: unknown;
  readonly sendMessage?: unknown;
}

interface Confirm {
  readonly deliveryTag: number;
  readonly multiple: boolean;
}

/**
 * A channel that writes its messages into the frame queue without amqplib, and hears its confirms without amqplib's list of
 * callbacks; undefined where this amqplib is not built as expected.
 *
 * What amqplib does for each message, four buffers, a few copies and a callback, takes longer than all else that is done
 * for it here. Everything but the messages without headers and their confirms stays amqplib's.
 */
export function directPublishChannel(
  channel: ConfirmChannel,
  connection: PublishInsides,
  queue: FrameQueue | undefined,
): PublishChannel | undefined {
  const { ch, unconfirmed, sendMessage } = channel as ChannelInsides;
  const { frameMax } = connection;
  if (queue === undefined || typeof ch !== 'number' || typeof frameMax !== 'number') return undefined;
  if (!Array.isArray(unconfirmed) || unconfirmed.length > 0) return undefined;
  if (typeof sendMessage !== 'function' || typeof connection.sendMessage !== 'function') return undefined;
  if (channel.listenerCount('ack') !== 1 || channel.listenerCount('nack') !== 1) return undefined;
  return new DirectPublishChannel(channel, ch, connection, frameMax - FRAME_OVERHEAD, queue);
}

// Larger bytes are handed to the socket as they are: copying them would take longer than one more piece to write. A text
// has to be written somewhere.
const COPY_BYTES = 16_384;

// More than the largest table that amqplib encodes, and the names and properties beside it.
const HEADER_BYTES_AT_MOST = 70_000;

class DirectPublishChannel implements PublishChannel {
  readonly #channel: ConfirmChannel & ChannelInsides;
  readonly #number: number;
  readonly #connection: PublishInsides;
  readonly #sendMessage: unknown;
  readonly #connectionSendMessage: unknown;
  readonly #bodyFrameBytes: number;
  readonly #queue: FrameQueue;

  constructor(
    channel: ConfirmChannel,
    number: number,
    connection: PublishInsides,
    bodyBytes: number,
    queue: FrameQueue,
  ) {
    this.#channel = channel as ConfirmChannel & ChannelInsides;
    this.#number = number;
    this.#connection = connection;
    this.#sendMessage = this.#channel.sendMessage;
    this.#connectionSendMessage = connection.sendMessage;
    this.#bodyFrameBytes = bodyBytes;
    this.#queue = queue;
  }

  listen(listener: PublishChannelListener): void {
    const channel = this.#channel;
    // Its own keep the list of callbacks, which stays empty.
    channel.removeAllListeners('ack');
    channel.removeAllListeners('nack');
    channel.on('ack', ({ deliveryTag, multiple }: Confirm) => listener.confirmed(deliveryTag, multiple, false));
    channel.on('nack', ({ deliveryTag, multiple }: Confirm) => listener.confirmed(deliveryTag, multiple, true));
    listenToEnd(channel, listener);
  }

  publish(message: Outgoing): boolean {
    // amqplib replaces these two as soon as the channel or the connection is ending.
    if (this.#channel.sendMessage !== this.#sendMessage) return false;
    if (this.#connection.sendMessage !== this.#connectionSendMessage) return false;
    if (isEmpty(message.properties.headers)) this.#write(message);
    else this.#writeByAmqplib(message);
    return true;
  }

  close(): void {
    closeQuietly(this.#channel);
  }

  #writeByAmqplib(message: Outgoing): void {
    const { exchange, routingKey, mandatory, properties, body } = message;
    // A broker closes the connection of a header that is larger than a frame, again and again as it is sent again.
    if (this.#bodyFrameBytes < HEADER_BYTES_AT_MOST) {
      const bytes = frameBytesAtMost(message) + tableBytesAtMost(properties.headers, 'headers');
      if (bytes > this.#bodyFrameBytes) {
        throw new RangeError(`The headers take up to ${bytes} bytes; a frame has ${this.#bodyFrameBytes}.`);
      }
    }
    this.#channel.sendMessage?.({ exchange, routingKey, mandatory }, properties, body);
  }

  #write(message: Outgoing): void {
    const queue = this.#queue;
    const { bodyBytes, text } = message;
    const isCopied = bodyBytes <= this.#bodyFrameBytes && (bodyBytes < COPY_BYTES || text !== undefined);
    const start = queue.begin(frameBytesAtMost(message) + (isCopied ? bodyBytes + FRAME_OVERHEAD : 0));
    const { slab } = queue;
    let at = encodePublish(slab, start, this.#number, message);
    if (isCopied && bodyBytes > 0) {
      at = beginBodyFrame(slab, at, this.#number, bodyBytes);
      if (text === undefined) slab.set(message.body, at);
      else text.writeTo(slab, at);
      at = endBodyFrame(slab, at + bodyBytes);
    }
    queue.end(at);
    if (!isCopied) this.#writeBody(message.body);
  }

  #writeBody(body: Buffer): void {
    const queue = this.#queue;
    for (let from = 0; from < body.length; from += this.#bodyFrameBytes) {
      const part = body.subarray(from, from + this.#bodyFrameBytes);
      const start = queue.begin(FRAME_OVERHEAD);
      queue.end(beginBodyFrame(queue.slab, start, this.#number, part.length));
      queue.pushUncopied(part);
      queue.end(endBodyFrame(queue.slab, queue.begin(1)));
    }
  }
}

function isEmpty(table: object): boolean {
  for (const _ in table) return false;
  return true;
}
