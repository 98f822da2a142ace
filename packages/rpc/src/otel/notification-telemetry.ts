import {
  type Attributes,
  context,
  type Link,
  ROOT_CONTEXT,
  SpanKind,
  type TextMapPropagator,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { MessageDestination } from '../client-middleware.js';
import type { NotificationListenerMiddleware } from '../notify/listener-middleware.js';
import type { NotifierMiddleware } from '../notify/notifier-middleware.js';
import type { Priority } from '../notify/priority.js';
import { destinationAttributes, messagingAttributes, type Operation } from './attributes.js';
import { headerGetter, headerSetter } from './header-carrier.js';
import type { Instruments } from './instruments.js';
import { begin } from './recording.js';

/** What a span tells of a notification. */
interface NotificationFacts {
  readonly eventType: string | null;
  readonly publisherId: string | null;
  readonly messageId: string | null;
}

/** The middleware of notifiers and of their listeners. */
export function notificationTelemetry(
  tracer: Tracer,
  propagator: Pick<TextMapPropagator, 'inject' | 'extract'>,
  instruments: Pick<Instruments, 'castDuration' | 'processDuration'>,
): {
  readonly notifierMiddleware: NotifierMiddleware;
  readonly notificationListenerMiddleware: NotificationListenerMiddleware;
} {
  return {
    async notifierMiddleware(call, next) {
      const operation = { name: 'publish', type: 'send' } as const;
      const span = tracer.startSpan(spanName(operation, call.destinations), {
        kind: SpanKind.PRODUCER,
        attributes: spanAttributes(operation, call.priority, call.destinations, [call]),
      });
      const active = trace.setSpan(context.active(), span);
      propagator.inject(active, call.headers, headerSetter);
      const end = begin(span, instruments.castDuration, messagingAttributes(operation));
      try {
        await context.with(active, next);
        end();
      } catch (error) {
        end({ error });
        throw error;
      }
    },

    async notificationListenerMiddleware({ priority, messages, notifications }, next) {
      const operation = { name: 'process', type: 'process' } as const;
      const contexts = messages.map(({ headers }) => propagator.extract(ROOT_CONTEXT, headers, headerGetter));
      const [first = ROOT_CONTEXT] = contexts;
      // A span can be below one other; below those of a batch it would be in one's trace and out of the others'.
      const parent = contexts.length === 1 ? first : ROOT_CONTEXT;
      const destinations = messages.map(({ destination }) => destination);
      const facts = notifications.map(({ metadata, ...facts }) => ({ ...facts, messageId: metadata.messageId }));
      const span = tracer.startSpan(
        spanName(operation, destinations),
        {
          kind: SpanKind.CONSUMER,
          attributes: spanAttributes(operation, priority, destinations, facts),
          links: contexts.length === 1 ? [] : contexts.flatMap((each) => linkTo(trace.getSpanContext(each))),
        },
        parent,
      );
      const end = begin(span, instruments.processDuration, messagingAttributes(operation));
      try {
        const outcome = await context.with(trace.setSpan(parent, span), next);
        end();
        return outcome;
      } catch (error) {
        end({ error });
        throw error;
      }
    },
  };
}

function linkTo(spanContext: Link['context'] | undefined): readonly Link[] {
  return spanContext === undefined ? [] : [{ context: spanContext }];
}

function spanName({ name }: Operation, destinations: readonly MessageDestination[]): string {
  const one = same(destinations.map(({ exchange, routingKey }) => `${exchange}:${routingKey}`));
  return one === undefined ? name : `${name} ${one}`;
}

function spanAttributes(
  operation: Operation,
  priority: Priority,
  destinations: readonly MessageDestination[],
  notifications: readonly NotificationFacts[],
): Attributes {
  const [first] = destinations;
  const isOne = same(destinations.map(({ exchange, routingKey }) => `${exchange}:${routingKey}`)) !== undefined;
  const common = {
    'messaging.message.id': same(notifications.map(({ messageId }) => messageId)),
    'leveret.notification.event_type': same(notifications.map(({ eventType }) => eventType)),
    'leveret.notification.publisher_id': same(notifications.map(({ publisherId }) => publisherId)),
  };
  return {
    ...messagingAttributes(operation),
    ...(isOne && first !== undefined ? destinationAttributes(first) : {}),
    ...(destinations.length === 1 ? {} : { 'messaging.batch.message_count': destinations.length }),
    'leveret.notification.priority': priority,
    ...Object.fromEntries(Object.entries(common).filter(([, value]) => typeof value === 'string')),
  };
}

/** What all of them are; undefined if they differ, or if there are none. */
function same<Value>(values: readonly Value[]): Value | undefined {
  const [first] = values;
  return values.every((value) => value === first) ? first : undefined;
}
