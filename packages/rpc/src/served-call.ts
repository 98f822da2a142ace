import { ownGetter } from './own-getter.js';
import type { Context, IncomingRequest, Invocation } from './request.js';
import type { RequestScope } from './request-scope.js';
import type { ServerCall, ServerIdentity } from './server-middleware.js';

/** A request as its method and the middleware see it. */
export class ServedCall implements ServerCall {
  readonly target: ServerIdentity;
  readonly destination: ServerCall['destination'];
  readonly uniqueId: string | null;
  readonly messageId: string | null;
  args: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly method: string;
  readonly namespace: string | null;
  readonly version: string | null;
  context: Context;
  readonly kind: 'call' | 'cast';
  readonly clientTimeoutMs: number | null;
  readonly redelivered: boolean;
  declare readonly signal: AbortSignal;
  declare readonly deadline: Date | null;
  declare readonly remainingMs: number | null;
  readonly #scope: RequestScope;

  /** @param args deserialized, as `context` is. */
  constructor(
    target: ServerIdentity,
    request: IncomingRequest,
    { method, namespace, version }: Invocation,
    args: Readonly<Record<string, unknown>>,
    context: Context,
    redelivered: boolean,
    scope: RequestScope,
  ) {
    const { uniqueId = null, reply, origin, monitorTimeout } = request;
    this.target = target;
    this.destination = { exchange: origin.exchange, routingKey: origin.routingKey };
    this.uniqueId = uniqueId;
    this.messageId = reply?.messageId ?? null;
    this.args = args;
    this.headers = origin.headers;
    this.method = method;
    this.namespace = namespace;
    this.version = version;
    this.context = context;
    this.kind = reply === undefined ? 'cast' : 'call';
    this.clientTimeoutMs = typeof monitorTimeout === 'number' ? monitorTimeout * 1000 : null;
    this.redelivered = redelivered;
    this.#scope = scope;
    Object.defineProperty(this, 'signal', ServedCall.#signal);
    Object.defineProperty(this, 'deadline', ServedCall.#deadline);
    Object.defineProperty(this, 'remainingMs', ServedCall.#remainingMs);
  }

  static readonly #signal = ownGetter<ServedCall>((call) => call.#scope.signal);
  static readonly #deadline = ownGetter<ServedCall>((call) => call.#scope.deadline);
  static readonly #remainingMs = ownGetter<ServedCall>((call) => call.#scope.remainingMs);
}
