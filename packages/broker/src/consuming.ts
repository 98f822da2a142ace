import { randomBytes } from 'node:crypto';
import type { Channel } from './channel.js';
import { ChannelConsumer } from './channel-consumer.js';
import { deliveryPrefix, encodeContent, encodeDelivery } from './codec/frames.js';
import { encodeMethod, type MethodFields } from './codec/methods.js';
import { REPLY_ADDRESS } from './direct-replies.js';
import { channelFailure, connectionFailure } from './failure.js';
import type { Message } from './message.js';
import type { Queue, QueuedMessage } from './queue.js';
import { Unsettled } from './unsettled.js';

/** The consuming half of a channel: its consumers, what they were given, and how much more they may be. */
export class Consuming {
  readonly channel: Channel;
  readonly unsettled: Unsettled = new Unsettled();
  readonly #consumers = new Map<string, ChannelConsumer>();
  #lastDeliveryTag = 0;
  // Of consumers to come, and of the channel as a whole; 0 is no limit.
  #consumerPrefetch = 0;
  #channelPrefetch = 0;
  // Deliveries to consumers that wait for an ack, over the whole channel; those of basic.get do not count.
  #heldByConsumers = 0;

  constructor(channel: Channel) {
    this.channel = channel;
  }

  get consumers(): readonly ChannelConsumer[] {
    return [...this.#consumers.values()];
  }

  get prefetch(): { readonly consumer: number; readonly channel: number } {
    return { consumer: this.#consumerPrefetch, channel: this.#channelPrefetch };
  }

  /** Whether the channel as a whole can take another delivery. */
  hasRoom(noAck: boolean): boolean {
    const { channel } = this;
    if (!channel.isOpen || channel.session.wire.congested) return false;
    return noAck || this.#channelPrefetch === 0 || this.#heldByConsumers < this.#channelPrefetch;
  }

  /** Writes a delivery to a consumer, and remembers it if it is to be acknowledged. */
  deliver(consumer: ChannelConsumer, entry: QueuedMessage): void {
    const { session } = this.channel;
    this.#lastDeliveryTag += 1;
    if (!consumer.noAck) {
      this.#heldByConsumers += 1;
      consumer.held += 1;
      this.unsettled.add(this.#lastDeliveryTag, entry, consumer);
    }
    const { counters } = session.host;
    counters.delivered += 1;
    if (entry.redelivered) counters.redelivered += 1;
    this.#write(consumer.prefix, entry.redelivered, entry.message);
  }

  /** Delivers a direct reply, which lies in no queue. */
  deliverReply(consumerTag: string, message: Message): void {
    this.#lastDeliveryTag += 1;
    this.channel.session.host.counters.delivered += 1;
    this.#write(deliveryPrefix(consumerTag), false, message);
  }

  ack(deliveryTag: number, multiple: boolean): void {
    const taken = this.unsettled.take(deliveryTag, multiple);
    const { counters } = this.channel.session.host;
    for (const { entry, consumer } of taken) {
      counters.acknowledged += 1;
      this.#returned(consumer);
      entry.queue.ack(entry);
    }
    this.#serveAfter(taken);
  }

  nack(deliveryTag: number, multiple: boolean, requeue: boolean): void {
    const taken = this.unsettled.take(deliveryTag, multiple);
    const stream = taken.find(({ entry }) => entry.queue.definition.type === 'stream');
    if (stream !== undefined) {
      throw connectionFailure(
        540,
        `basic.nack and basic.reject not supported by stream queues ${resourceOf(stream.entry.queue)}`,
      );
    }
    for (const { consumer } of taken) this.#returned(consumer);
    if (requeue) {
      this.#requeue(taken.map(({ entry }) => entry));
    } else {
      for (const { entry } of taken) entry.queue.reject(entry);
    }
    this.#serveAfter(taken);
  }

  checkRecover(requeue: boolean): void {
    if (!requeue) throw connectionFailure(540, 'requeue=false');
  }

  recover(): void {
    this.giveBack();
    this.serveAll();
  }

  get({ queue: name, noAck }: MethodFields<'basic.get'>): void {
    const { channel } = this;
    const { session } = channel;
    const queueName = channel.queueName(name);
    channel.demand('read', 'queue', queueName);
    const queue = session.virtualHost.queue(queueName, session);
    const entry = queue.get();
    if (entry === undefined) {
      channel.send('basic.get-empty', {});
      return;
    }
    this.#lastDeliveryTag += 1;
    const { message, redelivered } = entry;
    const { exchange, routingKey, propertyOctets, body } = message;
    if (noAck) queue.taken(entry);
    else this.unsettled.add(this.#lastDeliveryTag, entry, undefined);
    session.host.counters.delivered += 1;
    if (redelivered) session.host.counters.redelivered += 1;
    const method = encodeMethod(channel.number, 'basic.get-ok', {
      deliveryTag: this.#lastDeliveryTag,
      redelivered,
      exchange,
      routingKey,
      messageCount: queue.readyCount,
    });
    for (const piece of encodeContent(channel.number, method, propertyOctets, body, session.frameMax)) {
      session.wire.send(piece);
    }
  }

  consume(fields: MethodFields<'basic.consume'>): void {
    const { channel } = this;
    const { session } = channel;
    const tag = fields.consumerTag === '' ? `amq.ctag-${randomBytes(16).toString('base64url')}` : fields.consumerTag;
    if (this.#consumers.has(tag)) throw connectionFailure(530, `attempt to reuse consumer tag '${tag}'`);
    if (fields.queue === REPLY_ADDRESS) {
      session.host.directReplies.consume(channel, tag, fields.noAck);
      if (!fields.noWait) channel.send('basic.consume-ok', { consumerTag: tag });
      return;
    }
    const queueName = channel.queueName(fields.queue);
    channel.demand('read', 'queue', queueName);
    const queue = session.virtualHost.queue(queueName, session);
    const { type } = queue.definition;
    if (type === 'stream' && this.#consumerPrefetch === 0) {
      throw channelFailure(406, `consumer prefetch count is not set for '${resourceOf(queue)}'`);
    }
    if (type === 'quorum' && this.#channelPrefetch > 0) {
      throw connectionFailure(540, `${resourceOf(queue)} does not support global qos`);
    }
    const consumer = new ChannelConsumer(this, queue, tag, fields, this.#consumerPrefetch);
    queue.addConsumer(consumer, fields.arguments.get('x-stream-offset'));
    this.#consumers.set(tag, consumer);
    if (!fields.noWait) channel.send('basic.consume-ok', { consumerTag: tag });
    consumer.start();
  }

  cancel({ consumerTag, noWait }: MethodFields<'basic.cancel'>): void {
    const { channel } = this;
    const consumer = this.#consumers.get(consumerTag);
    this.#consumers.delete(consumerTag);
    consumer?.queue.removeConsumer(consumer);
    if (consumer === undefined) channel.session.host.directReplies.cancel(channel, consumerTag);
    if (!noWait) channel.send('basic.cancel-ok', { consumerTag });
  }

  qos({ prefetchSize, prefetchCount, global }: MethodFields<'basic.qos'>): void {
    if (prefetchSize !== 0) throw connectionFailure(540, `prefetch_size!=0 (${prefetchSize})`);
    if (global) this.#channelPrefetch = prefetchCount;
    else this.#consumerPrefetch = prefetchCount;
    this.channel.send('basic.qos-ok', {});
    this.serveAll();
  }

  /** The broker ends a consumer: its queue is gone, or somebody wants it so. */
  cancelled(consumer: ChannelConsumer): void {
    this.#consumers.delete(consumer.tag);
    const { channel } = this;
    // After the answer to whoever deletes the queue, if it is this same channel.
    queueMicrotask(() => {
      if (!channel.isOpen || !channel.session.can('consumer_cancel_notify')) return;
      channel.send('basic.cancel', { consumerTag: consumer.tag, noWait: true });
    });
  }

  serveAll(): void {
    for (const queue of new Set(this.consumers.map(({ queue }) => queue))) queue.serve();
  }

  /** Takes the consumers from their queues. */
  stop(): void {
    const consumers = this.consumers;
    this.#consumers.clear();
    for (const consumer of consumers) consumer.queue.removeConsumer(consumer);
  }

  /** Puts back what is not settled, into its old places. */
  giveBack(): void {
    const taken = this.unsettled.takeAll();
    for (const { consumer } of taken) this.#returned(consumer);
    this.#requeue(taken.map(({ entry }) => entry));
  }

  #write(prefix: ReturnType<typeof deliveryPrefix>, redelivered: boolean, message: Message): void {
    const { channel } = this;
    const { session } = channel;
    const pieces = encodeDelivery({
      channel: channel.number,
      consumerTag: prefix,
      deliveryTag: this.#lastDeliveryTag,
      redelivered,
      exchange: message.exchange,
      routingKey: message.routingKey,
      propertyOctets: message.propertyOctets,
      body: message.body,
      frameMax: session.frameMax,
    });
    for (const piece of pieces) session.wire.send(piece);
    if (session.host.publishSeam.active) session.host.publishSeam.delivered(channel, message);
  }

  #returned(consumer: ChannelConsumer | undefined): void {
    if (consumer === undefined) return;
    consumer.held -= 1;
    this.#heldByConsumers -= 1;
  }

  #requeue(entries: readonly QueuedMessage[]): void {
    const byQueue = new Map<Queue, QueuedMessage[]>();
    for (const entry of entries) {
      const queued = byQueue.get(entry.queue);
      if (queued === undefined) byQueue.set(entry.queue, [entry]);
      else queued.push(entry);
    }
    for (const [queue, queued] of byQueue) queue.requeue(queued);
  }

  /** Whoever had no room has some now. */
  #serveAfter(taken: readonly { readonly consumer: ChannelConsumer | undefined }[]): void {
    if (this.#channelPrefetch > 0) {
      this.serveAll();
      return;
    }
    // One consumer's acks come in runs: its queue is served once.
    let last: Queue | undefined;
    for (const { consumer } of taken) {
      if (consumer === undefined || consumer.queue === last) continue;
      last = consumer.queue;
      last.serve();
    }
  }
}

/** As RabbitMQ names it in replies. */
function resourceOf({ name, virtualHost }: Queue): string {
  return `queue '${name}' in vhost '${virtualHost}'`;
}
