import { encodeEnvelope, type Message } from '../envelope.js';
import { MalformedMessageError } from '../errors.js';
import { newId } from '../ids.js';
import { stringifyJson } from '../json.js';
import type { Context } from '../request.js';
import type { Priority } from './priority.js';
import { formatTimestamp } from './timestamp.js';

/** How a notification is written: with the envelope 2.0, or as the bare message of format 1.0. oslo: `driver`. */
export type NotificationDriver = 'messagingv2' | 'messaging';

/** A notification on its way out; its values can be carried by JSON. */
export interface OutgoingNotification {
  readonly messageId: string;
  readonly publisherId: string | null;
  readonly eventType: string;
  readonly priority: Priority;
  readonly payload: unknown;
  readonly context: Context;
}

/**
 * The bodies of a notification, one for each of so many topics, with their keys in oslo's order: they differ in
 * `_unique_id`, by which a listener tells what came twice, and are one in `message_id`. spec 9.
 */
export function encodeNotification(
  notification: OutgoingNotification,
  driver: NotificationDriver,
  count: number,
): readonly string[] {
  const { context } = notification;
  const message: Record<string, unknown> = {
    message_id: notification.messageId,
    publisher_id: notification.publisherId,
    event_type: notification.eventType,
    priority: notification.priority.toUpperCase(),
    payload: notification.payload,
    timestamp: formatTimestamp(new Date()),
    _unique_id: undefined,
  };
  for (const key of Object.keys(context)) message[`_context_${key}`] = context[key];
  return Array.from({ length: count }, () => {
    message['_unique_id'] = newId();
    return driver === 'messagingv2' ? encodeEnvelope(message) : stringifyJson(message);
  });
}

/** A notification that arrived, as far as it can be read without its serializer. */
export interface IncomingNotification {
  /** In lower case; what it says, which may be no priority at all. */
  readonly priority: string;
  /** Undefined: sent by a peer that gives none, and then a repeat cannot be told. */
  readonly uniqueId: string | undefined;
  readonly message: Message;
}

/** @throws MalformedMessageError */
export function parseNotification(message: Message): IncomingNotification {
  const { priority = '', _unique_id: uniqueId } = message;
  if (typeof priority !== 'string')
    throw new MalformedMessageError('the priority of the notification is not a string.');
  return {
    priority: priority.toLowerCase(),
    uniqueId: typeof uniqueId === 'string' && uniqueId !== '' ? uniqueId : undefined,
    message,
  };
}
