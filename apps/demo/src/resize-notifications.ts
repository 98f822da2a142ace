import { createNotificationListener, type NotificationListener } from '@leveret/rpc/notify';
import type { Transport } from '@leveret/transport';

/** Exchange and topic of a compute service. */
export interface ServiceTarget {
  readonly exchange: string;
  readonly topic: string;
}

/** What a server tells whoever listens, when it has resized an instance. */
export const RESIZE_ENDED = 'compute.instance.resize.end';

/** The topic of what the servers of a topic tell. */
export function notificationTopic(topic: string): string {
  return `${topic}-notifications`;
}

/** The one queue that these notifications are in. */
export function notificationQueue(topic: string): string {
  return `${notificationTopic(topic)}.info`;
}

/** Notifications of resizes that were heard. */
export interface Heard {
  /** Of different requests. */
  resizes: number;
  /** Of a request that had been heard of before. */
  again: number;
}

/** A listener for the resizes of a service, not started yet; it counts in `heard`. */
export function createResizeListener(
  transport: Transport,
  { exchange, topic }: ServiceTarget,
  heard: Heard,
): NotificationListener {
  const requests = new Set<unknown>();
  const endpoint = {
    filter: { eventType: /compute\.instance\.resize\.end$/ },
    methods: {
      info: ({ context }: { readonly context: Readonly<Record<string, unknown>> }) => {
        const requestId = context['request_id'];
        if (requests.has(requestId)) heard.again += 1;
        else heard.resizes += 1;
        requests.add(requestId);
      },
    },
  };
  return createNotificationListener(transport, [{ topic: notificationTopic(topic), exchange }], [endpoint]);
}
