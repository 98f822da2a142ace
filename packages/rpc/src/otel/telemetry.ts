import type { TransportEvent } from '@leveret/transport';
import { type Attributes, context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import type { ClientMiddleware } from '../client-middleware.js';
import type { RpcClientEvent } from '../events.js';
import type { NotificationListenerMiddleware } from '../notify/listener-middleware.js';
import type { NotifierMiddleware } from '../notify/notifier-middleware.js';
import type { ServerMiddleware } from '../server-middleware.js';
import {
  destinationLabel,
  isUnknownMethod,
  messagingAttributes,
  OTHER,
  qualifiedMethod,
  RPC_SYSTEM,
  spanAttributes,
} from './attributes.js';
import { headerGetter, headerSetter } from './header-carrier.js';
import { createInstruments } from './instruments.js';
import { notificationTelemetry } from './notification-telemetry.js';
import { begin } from './recording.js';
import { type RpcTelemetryOptions, resolveTelemetryOptions } from './telemetry-options.js';

/** What to hang into clients, servers and transports. Each can be given to any number of them. */
export interface RpcTelemetry {
  /** A span for each call (client) and cast (producer), whose context goes along in the headers of the message. */
  readonly clientMiddleware: ClientMiddleware;
  /** A span for each run of a method (server, or consumer for casts), under the span that its message tells of. */
  readonly serverMiddleware: ServerMiddleware;
  /** A span for each notification (producer), whose context goes along in the headers of its messages. */
  readonly notifierMiddleware: NotifierMiddleware;
  /** A span for each run of a handler (consumer), under the span that its message tells of; of a batch, linked to them. */
  readonly notificationListenerMiddleware: NotificationListenerMiddleware;
  /** Counts late replies; for `onEvent` of a client. */
  readonly onClientEvent: (event: RpcClientEvent) => void;
  /** Counts reconnects; for `onEvent` of a transport. */
  readonly onTransportEvent: (event: TransportEvent) => void;
}

const SCOPE = '@leveret/rpc';
const ACTIVE: Attributes = { 'rpc.system.name': RPC_SYSTEM };

/**
 * Spans and metrics by OpenTelemetry's conventions for RPC and messaging. No argument, context or result is in them; of an
 * error, its type and its message.
 */
export function createRpcTelemetry(options: RpcTelemetryOptions = {}): RpcTelemetry {
  const { tracerProvider, meterProvider, propagator } = resolveTelemetryOptions(options);
  const tracer = tracerProvider.getTracer(SCOPE);
  const instruments = createInstruments(meterProvider.getMeter(SCOPE));
  const lost = { publish: 0, consume: 0 };

  return {
    async clientMiddleware(call, next) {
      const { kind, method, target } = call;
      const rpcMethod = qualifiedMethod(target.topic, target.namespace, method);
      const operation = { name: 'publish', type: 'send' } as const;
      const span = tracer.startSpan(kind === 'call' ? rpcMethod : `publish ${destinationLabel(call)}`, {
        kind: kind === 'call' ? SpanKind.CLIENT : SpanKind.PRODUCER,
        attributes: spanAttributes(call, rpcMethod, operation),
      });
      const active = trace.setSpan(context.active(), span);
      propagator.inject(active, call.headers, headerSetter);
      const duration = kind === 'call' ? instruments.callDuration : instruments.castDuration;
      const attributes = kind === 'call' ? { ...ACTIVE, 'rpc.method': rpcMethod } : messagingAttributes(operation);
      const end = begin(span, duration, attributes);
      instruments.activeCalls.add(1, ACTIVE);
      try {
        const result = await context.with(active, next);
        end();
        return result;
      } catch (error) {
        end({ error });
        throw error;
      } finally {
        instruments.activeCalls.add(-1, ACTIVE);
      }
    },

    async serverMiddleware(call, next) {
      const { kind, method, namespace, target } = call;
      const rpcMethod = qualifiedMethod(target.topic, namespace, method);
      const operation = { name: 'process', type: 'process' } as const;
      const parent = propagator.extract(ROOT_CONTEXT, call.headers, headerGetter);
      const span = tracer.startSpan(
        kind === 'call' ? rpcMethod : `process ${destinationLabel(call)}`,
        {
          kind: kind === 'call' ? SpanKind.SERVER : SpanKind.CONSUMER,
          attributes: spanAttributes(call, rpcMethod, operation),
        },
        parent,
      );
      const duration = kind === 'call' ? instruments.requestDuration : instruments.processDuration;
      const attributes = kind === 'call' ? { ...ACTIVE, 'rpc.method': rpcMethod } : messagingAttributes(operation);
      const end = begin(span, duration, attributes);
      instruments.activeRequests.add(1, ACTIVE);
      try {
        const result = await context.with(trace.setSpan(parent, span), next);
        end();
        return result;
      } catch (error) {
        if (isUnknownMethod(error)) {
          // Peers can make up any number of names; neither spans nor metrics are to be named after them.
          if (kind === 'call') span.updateName(RPC_SYSTEM);
          span.setAttributes({ 'rpc.method': OTHER, 'rpc.method_original': method });
          if (kind === 'call') attributes['rpc.method'] = OTHER;
        }
        end({ error });
        throw error;
      } finally {
        instruments.activeRequests.add(-1, ACTIVE);
      }
    },

    ...notificationTelemetry(tracer, propagator, instruments),

    onClientEvent(event) {
      if (event.type !== 'reply-ignored' || !event.late || event.heartbeat) return;
      instruments.lateReplies.record(event.lateMs / 1000, ACTIVE);
    },

    onTransportEvent(event) {
      if (event.type === 'connection-lost') lost[event.purpose] += 1;
      if (event.type !== 'connection-opened' || lost[event.purpose] === 0) return;
      lost[event.purpose] -= 1;
      instruments.reconnects.add(1, { 'leveret.connection.purpose': event.purpose });
    },
  };
}
