import { parseContext } from '../request.js';
import type { Serializer } from '../serializer.js';
import type { Notification } from './endpoint.js';
import type { Filterable } from './filter.js';
import type { IncomingNotification } from './message.js';
import type { Priority } from './priority.js';

/** A notification as handlers see it, and as filters do: with all values as they came. */
export interface ReadNotification {
  readonly notification: Notification;
  readonly raw: Filterable;
}

/** @throws what the serializer throws. */
export function readNotification(
  { message }: IncomingNotification,
  priority: Priority,
  redelivered: boolean,
  serializer: Serializer | undefined,
): ReadNotification {
  const { publisher_id: publisherId, event_type: eventType, message_id: messageId, timestamp } = message;
  const plain = parseContext(message);
  const context = serializer === undefined ? plain : serializer.deserializeContext(plain);
  const sent = message['payload'] ?? null;
  const payload = serializer === undefined ? sent : serializer.deserializeValue(context, sent);
  return {
    raw: { publisherId, eventType, context, metadata: { messageId, timestamp }, payload },
    notification: {
      eventType: text(eventType),
      priority,
      publisherId: text(publisherId),
      payload,
      context,
      metadata: { messageId: text(messageId), timestamp: text(timestamp) },
      redelivered,
    },
  };
}

// A publisher may say anything; what is no text is shown as the JSON that it came as.
function text(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
