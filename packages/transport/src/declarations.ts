import { bindQueue, closeQuietly, declareExchange, declareQueue } from './declare.js';
import type { Destination, Exchange, Queue } from './entities.js';
import type { Channel, Link } from './link.js';

/** What publishers declared on one link, each thing once. */
export class Declarations {
  readonly #link: Link;
  readonly #known = new Set<string>();
  readonly #declaring = new Map<string, Promise<void>>();

  constructor(link: Link) {
    this.#link = link;
  }

  /** Whether nothing is left to declare. */
  has({ exchange, routingKey, queue }: Destination): boolean {
    if (exchange !== undefined && exchange.name !== '' && !this.#known.has(exchange.name)) return false;
    return queue === undefined || this.#known.has(queueKey(queue, exchange, routingKey));
  }

  /** @throws DeclarationError, DestinationNotFoundError, ConnectionLostError. */
  async exchange({ exchange }: Destination): Promise<void> {
    if (exchange === undefined || exchange.name === '') return;
    await this.#once(exchange.name, (channel) => declareExchange(channel, exchange));
  }

  /** The queue and its binding; the exchange must be there. @throws as `exchange`. */
  async queue({ exchange, routingKey, queue }: Destination): Promise<void> {
    if (queue === undefined) return;
    await this.#once(queueKey(queue, exchange, routingKey), async (channel) => {
      await declareQueue(channel, queue);
      // The default exchange is bound to every queue already.
      if (exchange !== undefined && exchange.name !== '') {
        await bindQueue(channel, queue.name, { exchange, routingKey });
      }
    });
  }

  /** The application has deleted it. */
  forgetExchange(name: string): void {
    this.#known.delete(name);
  }

  /** The queue was found missing after all. */
  forgetQueue({ exchange, routingKey, queue }: Destination): void {
    if (queue !== undefined) this.#known.delete(queueKey(queue, exchange, routingKey));
  }

  /** Whatever the broker has just refused, who knows what else is gone. */
  forgetAll(): void {
    this.#known.clear();
  }

  #once(key: string, declare: (channel: Channel) => Promise<void>): Promise<void> {
    if (this.#known.has(key)) return Promise.resolve();
    let declaring = this.#declaring.get(key);
    if (declaring === undefined) {
      declaring = this.#declare(declare).finally(() => this.#declaring.delete(key));
      this.#declaring.set(key, declaring);
      // Before anyone else who waits for it goes on; who waits hears of a failure.
      declaring.then(
        () => this.#known.add(key),
        () => {},
      );
    }
    return declaring;
  }

  // On a channel of its own: a refused declare closes its channel, and nobody else's work with it.
  async #declare(declare: (channel: Channel) => Promise<void>): Promise<void> {
    const channel = await this.#link.openChannel();
    try {
      await declare(channel);
    } catch (error) {
      // With its link, not by the broker's word.
      throw this.#link.endReason ?? error;
    }
    closeQuietly(channel);
  }
}

// No name of an exchange holds a NUL: the key of a queue is never that of an exchange.
function queueKey(queue: Queue, exchange: Exchange | undefined, routingKey: string): string {
  return `${queue.name}\0${exchange?.name ?? ''}\0${routingKey}`;
}
