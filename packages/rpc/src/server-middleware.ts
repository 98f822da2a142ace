import type { MessageDestination } from './client-middleware.js';
import type { RequestInfo } from './endpoint.js';
import type { Middleware } from './middleware.js';
import type { Context } from './request.js';

/** Whose server it is. */
export interface ServerIdentity {
  /** Null: the control exchange. */
  readonly exchange: string | null;
  readonly topic: string;
  readonly server: string;
}

/** A request as the server's middleware sees it, and may change it; the method gets the same object as its `request`. */
export interface ServerCall extends RequestInfo {
  readonly target: ServerIdentity;
  /** Where the message was sent to. */
  readonly destination: MessageDestination;
  /** `_unique_id` of the request; null if the peer gives none. */
  readonly uniqueId: string | null;
  /** `_msg_id`; null for a cast. */
  readonly messageId: string | null;
  /** Deserialized; a contract validates them after the middleware. */
  args: Readonly<Record<string, unknown>>;
  context: Context;
  /** Headers of the AMQP message; a peer with oslo.messaging sends none. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/**
 * Stands around the run of each method of a server. `next` resolves to the result, not yet serialized; it rejects with
 * NoSuchMethodError or UnsupportedVersionError when there is no method to run. What a middleware throws is answered as if
 * the method had thrown it.
 */
export type ServerMiddleware = Middleware<ServerCall>;
