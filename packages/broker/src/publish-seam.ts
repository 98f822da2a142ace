import type { Channel } from './channel.js';
import type { Message } from './message.js';

/** A fault that takes part in publishing and delivering. */
export interface PublishFault {
  /** The publish is not carried out, and answered with basic.nack. */
  refuses?(channel: Channel): boolean;
  /** A message is about to be routed; `deliveryTag` is 0 on a channel without confirms. */
  published?(channel: Channel, deliveryTag: number, message: Message): void;
  /** Takes over a confirm that would be given now: it is released later. */
  holds?(channel: Channel, deliveryTag: number, acknowledged: boolean): boolean;
  /** A message was given to a consumer of this channel. */
  delivered?(channel: Channel, message: Message): void;
}

/** The one place where faults reach publishes, confirms and deliveries. */
export class PublishSeam {
  readonly #faults = new Set<PublishFault>();

  /** Whether there is anything to ask: the way without faults stays short. */
  get active(): boolean {
    return this.#faults.size > 0;
  }

  add(fault: PublishFault): () => void {
    this.#faults.add(fault);
    return () => {
      this.#faults.delete(fault);
    };
  }

  refuses(channel: Channel): boolean {
    for (const fault of this.#faults) if (fault.refuses?.(channel)) return true;
    return false;
  }

  published(channel: Channel, deliveryTag: number, message: Message): void {
    for (const fault of this.#faults) fault.published?.(channel, deliveryTag, message);
  }

  holds(channel: Channel, deliveryTag: number, acknowledged: boolean): boolean {
    for (const fault of this.#faults) if (fault.holds?.(channel, deliveryTag, acknowledged)) return true;
    return false;
  }

  delivered(channel: Channel, message: Message): void {
    for (const fault of this.#faults) fault.delivered?.(channel, message);
  }
}
