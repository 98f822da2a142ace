import type { MessageDestination } from '../client-middleware.js';
import type { Middleware } from '../middleware.js';
import type { Context } from '../request.js';
import type { Priority } from './priority.js';

/** A notification as the notifier's middleware sees it, and may change it. */
export interface NotifierCall {
  readonly eventType: string;
  readonly priority: Priority;
  readonly publisherId: string | null;
  /** `message_id`, the same for all topics. */
  readonly messageId: string;
  /** Where its messages go, one for each topic. */
  readonly destinations: readonly MessageDestination[];
  /** How long sending may take, in ms; a middleware's own time is not bounded by it. Null: no limit. */
  readonly timeoutMs: number | null;
  /** Ends the wait; for the middleware's own waits. */
  readonly signal: AbortSignal | undefined;
  /** As the application gave it: before it is serialized and sent. */
  payload: unknown;
  /** What is told along, before it is redacted and serialized. */
  context: Context;
  /** Headers of the AMQP messages. Peers with oslo.messaging never look at them. Default: none. */
  readonly headers: Record<string, string>;
}

/** Stands around each notification of a notifier. `next` resolves to undefined, when the broker has it for every topic. */
export type NotifierMiddleware = Middleware<NotifierCall>;
