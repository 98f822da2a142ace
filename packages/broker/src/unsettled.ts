import type { ChannelConsumer } from './channel-consumer.js';
import { channelFailure } from './failure.js';
import type { QueuedMessage } from './queue.js';

/** A delivery that waits for its ack. */
export interface UnsettledDelivery {
  readonly entry: QueuedMessage;
  /** Undefined for what basic.get took. */
  readonly consumer: ChannelConsumer | undefined;
}

/** The deliveries of a channel that wait for an ack, in the order of their tags. */
export class Unsettled {
  // A Map keeps the order of insertion, which is that of the tags.
  readonly #deliveries = new Map<number, UnsettledDelivery>();

  get size(): number {
    return this.#deliveries.size;
  }

  add(deliveryTag: number, entry: QueuedMessage, consumer: ChannelConsumer | undefined): void {
    this.#deliveries.set(deliveryTag, { entry, consumer });
  }

  /**
   * Takes out what an ack or a nack settles; the tag 0 with `multiple` is all of them. Throws the failure (406) of a tag that
   * was never given, or is settled already.
   */
  take(deliveryTag: number, multiple: boolean): readonly UnsettledDelivery[] {
    if (deliveryTag === 0 && multiple) return this.takeAll();
    const delivery = this.#deliveries.get(deliveryTag);
    if (delivery === undefined) throw channelFailure(406, `unknown delivery tag ${deliveryTag}`);
    if (!multiple) {
      this.#deliveries.delete(deliveryTag);
      return [delivery];
    }
    const taken: UnsettledDelivery[] = [];
    for (const [tag, held] of this.#deliveries) {
      if (tag > deliveryTag) break;
      taken.push(held);
      this.#deliveries.delete(tag);
    }
    return taken;
  }

  takeAll(): readonly UnsettledDelivery[] {
    const taken = [...this.#deliveries.values()];
    this.#deliveries.clear();
    return taken;
  }
}
