import type { Connection } from './connection.js';
import type { ConsumerEnd } from './consumer-end.js';
import type { Binding } from './entities.js';
import { bind, unbind } from './entity-commands.js';
import type { Subscription } from './subscription.js';

/** A subscription that comes back by itself. */
export interface Consumer {
  /** The queue's name; of one that the broker names, the name on the current connection. */
  readonly queue: string;
  /** Whether messages arrive now. */
  readonly active: boolean;
  /** Resolves with the reason when the consumer is over for good; never rejects. The event is `consumer-ended`. */
  readonly closed: Promise<ConsumerEnd>;
  /**
   * Binds the queue to one more exchange, which is declared first; on every later connection too.
   * @throws what `Transport.deleteExchange` throws.
   */
  bind(binding: Binding, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Takes a binding away, for later connections too; one that does not exist is fine. @throws as `bind`. */
  unbind(
    binding: { readonly exchange: { readonly name: string }; readonly routingKey: string },
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
  /** Stops the messages; those already delivered can still be settled. Never rejects. */
  cancel(): Promise<void>;
}

/** What of a subscription its user sees. */
export function toConsumer(connection: Connection, subscription: Subscription): Consumer {
  return {
    get queue() {
      return subscription.queue;
    },
    get active() {
      return subscription.active;
    },
    closed: subscription.closed,
    bind: (binding, { signal } = {}) => bind(connection, subscription, binding, signal),
    unbind: (binding, { signal } = {}) => unbind(connection, subscription, binding, signal),
    cancel: () => subscription.cancel(),
  };
}
