import type { Delivery } from '@leveret/transport';
import { isTraced, runTraced } from '../diagnostics.js';
import type { MiddlewareChain } from '../middleware.js';
import { ownGetter } from '../own-getter.js';
import { listenerRuns, type NotificationListenerTrace } from './diagnostics.js';
import type { Notification, NotificationInfo } from './endpoint.js';
import type { NotificationListenerCall, NotificationMessage } from './listener-middleware.js';
import type { Priority } from './priority.js';

/** A notification that a handler is to be given, and the message that it came in. */
export interface HeardNotification {
  readonly notification: Notification;
  readonly uniqueId: string | undefined;
  readonly queue: string;
  readonly delivery: Delivery;
}

/** Runs a handler within the middleware, between the events of the channel; comes to what it came to. */
export function runHandler(
  chain: MiddlewareChain<NotificationListenerCall> | undefined,
  priority: Priority,
  heard: readonly HeardNotification[],
  info: NotificationInfo,
  run: (notifications: readonly Notification[]) => unknown,
): unknown {
  const runThrough = (): unknown => {
    if (chain === undefined) return run(heard.map(({ notification }) => notification));
    const call = new ListenerCall(priority, heard, info);
    return chain(call, async () => run(call.notifications));
  };
  if (!isTraced(listenerRuns)) return runThrough();
  return runTraced(listenerRuns, listenerTrace(priority, heard), async () => runThrough());
}

class ListenerCall implements NotificationListenerCall {
  readonly priority: Priority;
  readonly messages: readonly NotificationMessage[];
  notifications: readonly Notification[];
  declare readonly signal: AbortSignal;
  readonly #info: NotificationInfo;

  constructor(priority: Priority, heard: readonly HeardNotification[], info: NotificationInfo) {
    this.priority = priority;
    this.notifications = heard.map(({ notification }) => notification);
    this.messages = heard.map(({ queue, uniqueId = null, delivery: { exchange, routingKey, headers } }) => {
      return { queue, destination: { exchange, routingKey }, uniqueId, headers };
    });
    this.#info = info;
    Object.defineProperty(this, 'signal', ListenerCall.#signal);
  }

  static readonly #signal = ownGetter<ListenerCall>((call) => call.#info.signal);
}

function listenerTrace(priority: Priority, heard: readonly HeardNotification[]): NotificationListenerTrace {
  const notifications = heard.map(({ notification, uniqueId = null, queue }) => {
    const { eventType, publisherId, redelivered, metadata } = notification;
    return { eventType, publisherId, messageId: metadata.messageId, uniqueId, queue, redelivered };
  });
  return { priority, notifications };
}
