import type { MessageDestination } from '../client-middleware.js';
import type { Middleware } from '../middleware.js';
import type { Notification, NotificationInfo } from './endpoint.js';
import type { Priority } from './priority.js';

/** The message that a notification came in. */
export interface NotificationMessage {
  /** The queue that it was in. */
  readonly queue: string;
  /** Where it was sent to. */
  readonly destination: MessageDestination;
  /** `_unique_id` of the message; null if the peer gives none. */
  readonly uniqueId: string | null;
  /** Headers of the AMQP message; a peer with oslo.messaging sends none. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** The run of a handler as the listener's middleware sees it, and may change it. */
export interface NotificationListenerCall extends NotificationInfo {
  readonly priority: Priority;
  /** The messages of `notifications` as they came: one, or those of a batch. */
  readonly messages: readonly NotificationMessage[];
  /** What the handler is given: the first, or with `batch` all. */
  notifications: readonly Notification[];
}

/**
 * Stands around each run of a handler: where several endpoints hear a notification, around each of them. `next` resolves to
 * what the handler returned. What a middleware returns or throws, REQUEUE too, counts as if the handler had.
 */
export type NotificationListenerMiddleware = Middleware<NotificationListenerCall>;
