import type { Tenant } from './connection.js';
import type { ConsumeOptions } from './consume-options.js';
import type { Delivery } from './delivery.js';
import type { Source } from './entities.js';
import type { TransportError } from './errors.js';
import { type Handler, Handlers } from './handlers.js';
import type { Link } from './link.js';
import type { ResolvedOptions } from './options.js';
import { onAbort } from './signal-listeners.js';
import { Subscription } from './subscription.js';

/** All consumers of the consuming connection: they come back together on every link. */
export class Consumers implements Tenant {
  readonly #options: ResolvedOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #handlers: Handlers;
  #link: Link | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#handlers = new Handlers(options.emit);
  }

  get all(): readonly Subscription[] {
    return [...this.#subscriptions];
  }

  /** Handlers that run. */
  get running(): number {
    return this.#handlers.running;
  }

  async add(source: Source, handler: Handler, consume: ConsumeOptions): Promise<Subscription> {
    const { signal } = consume;
    const handle = (delivery: Delivery) => this.#handlers.run(subscription.queue, handler, delivery);
    const subscription = new Subscription(source, handle, consume, this.#options, () =>
      this.#subscriptions.delete(subscription),
    );
    this.#subscriptions.add(subscription);
    const stop = signal && onAbort(signal, () => subscription.fail(signal.reason));
    try {
      // Without a link, or when this one is lost, the next one attaches it.
      if (this.#link !== undefined) await subscription.attach(this.#link).catch(() => {});
      await subscription.started;
      return subscription;
    } finally {
      stop?.();
    }
  }

  /**
   * The application deletes this queue: until `release` nobody declares it, and with `deleted` its consumers are over then.
   * `ready` resolves when nothing that declares it is under way.
   */
  holdQueue(name: string): { readonly ready: Promise<unknown>; release(deleted: boolean): void } {
    const held = [...this.#subscriptions].filter(({ queue }) => queue === name);
    return {
      ready: Promise.all(held.map((subscription) => subscription.hold())),
      release: (deleted) => {
        for (const subscription of held) {
          // One that has never received asks for the queue anew.
          if (deleted && subscription.everStarted) subscription.end({ reason: 'queue-deleted' });
          subscription.release();
        }
      },
    };
  }

  /** The application has deleted this exchange: nobody binds to it, and so declares it, any more. */
  forgetExchange(name: string): void {
    for (const subscription of this.#subscriptions) {
      subscription.forgetBindings(({ exchange }) => exchange.name === name);
    }
  }

  async moveIn(link: Link, alive: Promise<void>): Promise<void> {
    this.#link = link;
    const attached = Promise.all([...this.#subscriptions].map((subscription) => subscription.attach(link)));
    // One queue that hangs must not keep the connection from all others; its consumer receives if it is answered yet.
    await Promise.race([attached, alive]);
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
    for (const subscription of this.#subscriptions) subscription.end({ reason: 'connection-closed', error });
  }

  async cancelAll(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.cancel()));
  }

  /** Resolves when no handler runs. */
  idle(): Promise<void> {
    return this.#handlers.idle();
  }
}
