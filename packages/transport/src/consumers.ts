import type { Tenant } from './connection.js';
import type { Source } from './entities.js';
import type { TransportError } from './errors.js';
import type { Link } from './link.js';
import type { ResolvedOptions } from './options.js';
import { Subscription } from './subscription.js';

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

/** How a queue is consumed. */
export interface ConsumeOptions {
  /** How many unsettled messages the broker may send ahead. Default 100; 0: no limit. AMQP: basic.qos. */
  readonly prefetch?: number;
  /** Default: chosen by the broker. */
  readonly consumerTag?: string;
  readonly exclusive?: boolean;
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** Ends the wait for the first subscription. */
  readonly signal?: AbortSignal;
}

/** A subscription that comes back by itself. */
export interface Consumer {
  readonly queue: string;
  /** Whether messages arrive now. */
  readonly active: boolean;
  /** Stops the messages; those already delivered can still be settled. Never rejects. */
  cancel(): Promise<void>;
}

/** All consumers of the consuming connection: they come back together on every link. */
export class Consumers implements Tenant {
  readonly #options: ResolvedOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #running = new Set<Promise<void>>();
  #link: Link | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
  }

  get counts(): { readonly active: number; readonly total: number } {
    const all = [...this.#subscriptions];
    return { active: all.filter(({ active }) => active).length, total: all.length };
  }

  async add(
    source: Source,
    onDelivery: (delivery: Delivery) => void | Promise<void>,
    consume: ConsumeOptions,
  ): Promise<Consumer> {
    const { signal } = consume;
    const handle = (delivery: Delivery) => this.#deliver(source.queue.name, onDelivery, delivery);
    const subscription = new Subscription(source, handle, consume, this.#options);
    this.#subscriptions.add(subscription);
    subscription.cancelled.addEventListener('abort', () => this.#subscriptions.delete(subscription), { once: true });
    const onAbort = () => subscription.fail(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      // Without a link, or when this one is lost, the next one attaches it.
      if (this.#link !== undefined) await subscription.attach(this.#link).catch(() => {});
      await subscription.started;
      return subscription;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async moveIn(link: Link): Promise<void> {
    this.#link = link;
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.attach(link)));
  }

  moveOut(): void {
    this.#link = undefined;
  }

  failed(): void {
    // Consumers wait for as long as it takes: for the next link, their signal, or the end.
  }

  blockedChanged(): void {
    // The broker blocks publishes, not deliveries.
  }

  evict(error: TransportError): void {
    for (const subscription of this.#subscriptions) subscription.fail(error);
  }

  async cancelAll(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.cancel()));
  }

  /** Resolves when no handler runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  #deliver(queue: string, onDelivery: (delivery: Delivery) => void | Promise<void>, delivery: Delivery): void {
    try {
      const result = onDelivery(delivery);
      if (result === undefined) return;
      const running: Promise<void> = Promise.resolve(result)
        .catch((error) => this.#handlerFailed(queue, delivery, error))
        .finally(() => this.#running.delete(running));
      this.#running.add(running);
    } catch (error) {
      this.#handlerFailed(queue, delivery, error);
    }
  }

  // A message that a handler could not take goes back once; the second time it is dropped or dead-lettered, so that it
  // cannot circle for ever.
  #handlerFailed(queue: string, delivery: Delivery, error: unknown): void {
    const requeue = !delivery.redelivered;
    const settled = delivery.reject({ requeue }) ? (requeue ? 'requeued' : 'rejected') : 'by-handler';
    this.#options.emit({ type: 'handler-failed', queue, error, settled });
  }
}
