import { randomBytes } from 'node:crypto';
import type { Channel } from './channel.js';
import { encodeProperties } from './codec/properties.js';
import { channelFailure } from './failure.js';
import { Message } from './message.js';

/** The name that stands for "this channel" in reply-to and in basic.consume. RabbitMQ: direct reply-to. */
export const REPLY_ADDRESS = 'amq.rabbitmq.reply-to';

interface Address {
  readonly key: string;
  readonly consumerTag: string;
}

/** Replies that go straight to the channel that asked, without a queue. */
export class DirectReplies {
  readonly #byKey = new Map<string, { readonly channel: Channel; readonly consumerTag: string }>();
  readonly #byChannel = new Map<Channel, Address>();

  /** The channel takes replies from now on. Throws the failure (406) of one that does already, or that wants to acknowledge. */
  consume(channel: Channel, consumerTag: string, noAck: boolean): void {
    if (this.#byChannel.has(channel)) throw channelFailure(406, 'reply consumer already set');
    if (!noAck) throw channelFailure(406, 'reply consumer cannot acknowledge');
    const key = `${REPLY_ADDRESS}.${randomBytes(18).toString('base64url')}`;
    this.#byChannel.set(channel, { key, consumerTag });
    this.#byKey.set(key, { channel, consumerTag });
  }

  /** Whether the tag was that of the channel's reply consumer, which is gone now. */
  cancel(channel: Channel, consumerTag: string): boolean {
    if (this.#byChannel.get(channel)?.consumerTag !== consumerTag) return false;
    this.forget(channel);
    return true;
  }

  forget(channel: Channel): void {
    const address = this.#byChannel.get(channel);
    if (address === undefined) return;
    this.#byChannel.delete(channel);
    this.#byKey.delete(address.key);
  }

  /** Whether somebody takes replies under this routing key of the default exchange. */
  has(routingKey: string): boolean {
    return this.#byKey.has(routingKey);
  }

  /** The message with the channel's own address in reply-to. Throws the failure (406) of a channel that takes no replies. */
  addressed(channel: Channel, message: Message): Message {
    const address = this.#byChannel.get(channel);
    if (address === undefined) throw channelFailure(406, 'fast reply consumer does not exist');
    const properties = encodeProperties({ ...message.properties, replyTo: address.key });
    return new Message(message.exchange, message.routingKey, properties, message.body);
  }

  /** Delivers a reply; false when the routing key is nobody's, or its client has left 16 MiB unread. */
  deliver(routingKey: string, message: Message): boolean {
    if (!routingKey.startsWith(REPLY_ADDRESS)) return false;
    const to = this.#byKey.get(routingKey);
    // Nothing else would bound what lies there for a client that does not read.
    if (to === undefined || to.channel.session.wire.flooded) return false;
    to.channel.consuming.deliverReply(to.consumerTag, message);
    return true;
  }
}
