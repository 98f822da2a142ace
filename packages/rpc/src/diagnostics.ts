import diagnosticsChannel, { type TracingChannel } from 'node:diagnostics_channel';
import type { IncomingRequest } from './request.js';
import type { Sending } from './sending.js';
import type { ServerIdentity } from './server-middleware.js';

/**
 * What subscribers of the channels `tracing:leveret.rpc.client.call:*` and `tracing:leveret.rpc.client.cast:*` get. Neither
 * arguments nor context nor result, which may hold secrets.
 */
export interface ClientTrace {
  readonly kind: 'call' | 'cast';
  readonly method: string;
  /** Null: the control exchange. */
  readonly exchange: string | null;
  readonly topic: string | null;
  /** Null: any server of the topic. */
  readonly server: string | null;
  readonly fanout: boolean;
  readonly namespace: string | null;
  readonly version: string | null;
  /** `_msg_id`, by which a call knows its reply; null for a cast. */
  readonly messageId: string | null;
  /** `_unique_id` of the request. */
  readonly uniqueId: string;
  /** What the call failed with; there from `error` on. */
  readonly error?: unknown;
}

/** What subscribers of the channels `tracing:leveret.rpc.server.dispatch:*` get. */
export interface ServerTrace {
  readonly kind: 'call' | 'cast';
  /** As it came: not checked, not looked up. */
  readonly method: unknown;
  /** Null: the control exchange. */
  readonly exchange: string | null;
  readonly topic: string;
  readonly server: string;
  /** As it came; undefined for none. */
  readonly namespace: unknown;
  /** As it came; undefined for none, which is 1.0. */
  readonly version: unknown;
  /** `_msg_id`; null for a cast. */
  readonly messageId: string | null;
  /** `_unique_id`; null if the peer gives none. */
  readonly uniqueId: string | null;
  readonly redelivered: boolean;
  /** What the request failed with; there from `error` on. */
  readonly error?: unknown;
}

type Channel<Trace extends object> = TracingChannel<unknown, Trace>;

export const clientCalls: Channel<ClientTrace> = diagnosticsChannel.tracingChannel('leveret.rpc.client.call');
export const clientCasts: Channel<ClientTrace> = diagnosticsChannel.tracingChannel('leveret.rpc.client.cast');
export const serverDispatches: Channel<ServerTrace> = diagnosticsChannel.tracingChannel('leveret.rpc.server.dispatch');

export function clientTrace({ kind, method, uniqueId, messageId, settings: { target } }: Sending): ClientTrace {
  return { ...target, kind, method, messageId, uniqueId };
}

export function serverTrace(target: ServerIdentity, request: IncomingRequest, redelivered: boolean): ServerTrace {
  const { message, reply, uniqueId = null } = request;
  const { method, namespace, version } = message;
  const kind = reply === undefined ? 'cast' : 'call';
  return { ...target, kind, method, namespace, version, messageId: reply?.messageId ?? null, uniqueId, redelivered };
}

/** Whether anybody listens. */
export function isTraced<Trace extends object>({ start, end, asyncStart, asyncEnd, error }: Channel<Trace>): boolean {
  // Not the channel's own hasSubscribers, which other runtimes lack.
  return (
    start.hasSubscribers ||
    end.hasSubscribers ||
    asyncStart.hasSubscribers ||
    asyncEnd.hasSubscribers ||
    error.hasSubscribers
  );
}

/**
 * Runs it between the events of the channel, and comes to what it came to.
 * @param told the error as subscribers are to see it. Default: as it is.
 */
export async function runTraced<Trace extends object, Value>(
  channel: Channel<Trace>,
  trace: Trace,
  run: () => Promise<Value>,
  told: (error: unknown) => unknown = (error) => error,
): Promise<Value> {
  let outcome: { readonly value: Value } | { readonly error: unknown } | undefined;
  // Resolves to nothing, as Node would put what it resolves to into the trace.
  const traced = channel.tracePromise(async () => {
    try {
      outcome = { value: await run() };
    } catch (error) {
      outcome = { error };
      throw told(error);
    }
  }, trace);
  await traced.catch(() => {});
  if (outcome === undefined) throw new Error('Unreachable: the promise has settled.');
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
