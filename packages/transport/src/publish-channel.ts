import { closeQuietly } from './declare.js';
import type { ConfirmChannel, Message } from './link.js';
import type { Outgoing } from './outgoing.js';

/** What is heard on a channel that publishes. Tags count its messages from 1. */
export interface PublishChannelListener {
  /** The broker has taken the message, with `multiple` all up to it; or, `nacked`, could not. */
  confirmed(tag: number, multiple: boolean, nacked: boolean): void;
  returned(message: Message): void;
  /** The end, once: with the broker's reason, or without when it went with its connection. */
  closed(reason: Error | undefined): void;
}

/** A channel in confirm mode. */
export interface PublishChannel {
  listen(listener: PublishChannelListener): void;
  /**
   * Writes the message. False: the channel is ending, and nothing was written.
   * @throws TypeError, RangeError when a header or property cannot be encoded; nothing was written.
   */
  publish(message: Outgoing): boolean;
  /** Says goodbye, when nothing depends on it any more; never throws. */
  close(): void;
}

/** By amqplib's public ways only. */
export class PlainPublishChannel implements PublishChannel {
  readonly #channel: ConfirmChannel;
  #confirmed: PublishChannelListener['confirmed'] = () => {};
  #lastTag = 0;

  constructor(channel: ConfirmChannel) {
    this.#channel = channel;
  }

  listen(listener: PublishChannelListener): void {
    this.#confirmed = listener.confirmed.bind(listener);
    listenToEnd(this.#channel, listener);
  }

  publish({ exchange, routingKey, mandatory, body, properties }: Outgoing): boolean {
    const tag = this.#lastTag + 1;
    try {
      this.#channel.publish(exchange, routingKey, body, { ...properties, mandatory }, (error) => {
        // Any other error says that the channel has ended, which is told for all messages together.
        if (error && error.message !== 'message nacked') return;
        this.#confirmed(tag, false, Boolean(error));
      });
    } catch (error) {
      if (isEnding(error)) return false;
      throw error;
    }
    this.#lastTag = tag;
    return true;
  }

  close(): void {
    closeQuietly(this.#channel);
  }
}

/** Returns and the end, which every kind of channel tells alike. */
export function listenToEnd(channel: ConfirmChannel, listener: PublishChannelListener): void {
  let reason: Error | undefined;
  channel.on('error', (error: Error) => {
    reason = error;
  });
  channel.on('return', (message: Message) => listener.returned(message));
  channel.on('close', () => listener.closed(reason));
}

/** amqplib refuses a channel that is ending before its 'close' says so. */
function isEnding(error: unknown): boolean {
  return error instanceof Error && error.name === 'IllegalOperationError';
}
