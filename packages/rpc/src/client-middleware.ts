import type { Middleware } from './middleware.js';
import type { Context } from './request.js';
import type { ResolvedTarget } from './target.js';

/** Where a message is sent to; `routingKey` is empty for a fanout. */
export interface MessageDestination {
  readonly exchange: string;
  readonly routingKey: string;
}

/** A call or cast as the client's middleware sees it, and may change it. */
export interface ClientCall {
  readonly kind: 'call' | 'cast';
  readonly method: string;
  readonly target: ResolvedTarget;
  /** Where the message goes. */
  readonly destination: MessageDestination;
  /** `_unique_id` of the request. */
  readonly uniqueId: string;
  /** `_msg_id`, by which a call knows its reply; null for a cast. */
  readonly messageId: string | null;
  /** How long what comes after the last `next` may take, in ms; a middleware's own time is not bounded by it. */
  readonly timeoutMs: number;
  /** Ends the call; for the middleware's own waits. */
  readonly signal: AbortSignal | undefined;
  /** As the application gave them: before they are validated, serialized and sent. */
  args: Readonly<Record<string, unknown>>;
  /** What is told along, before it is serialized. */
  context: Context;
  /** Headers of the AMQP message. Peers with oslo.messaging never look at them. Default: none. */
  readonly headers: Record<string, string>;
}

/** Stands around each call and cast of a client. `next` resolves to the result, validated; of a cast, to undefined. */
export type ClientMiddleware = Middleware<ClientCall>;
