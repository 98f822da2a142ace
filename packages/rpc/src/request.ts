import type { Delivery } from '@leveret/transport';
import { type BodyText, encodeEnvelopeInPieces, type Message } from './envelope.js';
import { RpcFault } from './remote-errors.js';

/** What the caller tells along: user, project, request id. Flat on the wire: `_context_<key>`. */
export type Context = Readonly<Record<string, unknown>>;

/** Where, and as what, a reply is awaited. */
export interface ReplyAddress {
  readonly messageId: string;
  readonly queue: string;
}

/** A request on its way out; its values can be carried by JSON. */
export interface OutgoingRequest {
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly namespace: string | null;
  readonly version: string | null;
  readonly context: Context;
  readonly uniqueId: string;
  /** Only for calls. `monitorSeconds` is the call monitor's timeout, not the call's. */
  readonly reply?: (ReplyAddress & { readonly monitorSeconds: number | null }) | undefined;
}

/** The body of a request, with its keys in oslo's order. spec 7.2. */
export function encodeRequest(request: OutgoingRequest): BodyText {
  const message: Record<string, unknown> = { method: request.method, args: request.args };
  if (request.namespace !== null) message['namespace'] = request.namespace;
  if (request.version !== null) message['version'] = request.version;
  if (request.reply !== undefined) {
    message['_msg_id'] = request.reply.messageId;
    message['_reply_q'] = request.reply.queue;
    message['_timeout'] = request.reply.monitorSeconds;
  }
  message['_unique_id'] = request.uniqueId;
  for (const key of Object.keys(request.context)) message[`_context_${key}`] = request.context[key];
  return encodeEnvelopeInPieces(message);
}

/** A request that arrived, as far as it can be read without failing: the rest is checked when it is dispatched. */
export interface IncomingRequest {
  readonly message: Message;
  /** Undefined: sent by a peer that gives none, and then a repeat cannot be told. */
  readonly uniqueId: string | undefined;
  /** Undefined for a cast. `queue` is undefined when the peer forgot it. */
  readonly reply: { readonly messageId: string; readonly queue: string | undefined } | undefined;
  /** `_timeout`, as it came. */
  readonly monitorTimeout: unknown;
  /** What the AMQP message says besides its body. */
  readonly origin: Pick<Delivery, 'headers' | 'exchange' | 'routingKey'>;
}

export function parseRequest(message: Message, origin: IncomingRequest['origin']): IncomingRequest {
  const messageId = text(message['_msg_id']);
  return {
    message,
    uniqueId: text(message['_unique_id']),
    reply: messageId === undefined ? undefined : { messageId, queue: text(message['_reply_q']) },
    monitorTimeout: message['_timeout'],
    origin,
  };
}

/** What to dispatch. */
export interface Invocation {
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly namespace: string | null;
  readonly version: string | null;
}

/** @throws RpcFault of the type a Python server raises, for a request that cannot be dispatched. */
export function parseInvocation(message: Message): Invocation {
  const { method, args = {}, namespace = null, version = '1.0' } = message;
  if (typeof method !== 'string') throw new RpcFault('TypeError', 'The request has no method name.');
  if (typeof args !== 'object' || args === null || Array.isArray(args)) {
    throw new RpcFault('AttributeError', `The args of '${method}' are not an object of named arguments.`);
  }
  if (namespace !== null && typeof namespace !== 'string')
    throw new RpcFault('TypeError', 'The namespace is not a string.');
  if (version !== null && typeof version !== 'string')
    throw new RpcFault('AttributeError', 'The version is not a string.');
  return { method, args: args as Record<string, unknown>, namespace, version };
}

/** The context in a request, with `client_timeout` as oslo's servers add it. spec 7.2. */
export function parseContext(message: Message): Context {
  // Not by Object.fromEntries: that takes three to five times as long, for each request.
  const context: Record<string, unknown> = {};
  for (const key of Object.keys(message)) {
    if (!key.startsWith('_context_')) continue;
    const name = key.slice('_context_'.length);
    // oslo has an attribute of this name on its context object and swallows the key.
    if (name === 'msg_id' || name === 'reply_q' || name === 'client_timeout') continue;
    // To assign that one would set the prototype.
    if (name === '__proto__') Object.defineProperty(context, name, { ...OWN, value: message[key] });
    else context[name] = message[key];
  }
  context['client_timeout'] = message['_timeout'] ?? null;
  return context;
}

const OWN = { writable: true, enumerable: true, configurable: true };

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
