import diagnosticsChannel, { type TracingChannel } from 'node:diagnostics_channel';
import type { Priority } from './priority.js';

/** What subscribers of the channels `tracing:leveret.rpc.notify.send:*` get. Neither payload nor context, which may hold secrets. */
export interface NotifierTrace {
  readonly priority: Priority;
  readonly eventType: string;
  readonly publisherId: string | null;
  /** `message_id`, the same for all topics. */
  readonly messageId: string;
  readonly exchange: string;
  readonly topics: readonly string[];
  /** What it failed with; there from `error` on. */
  readonly error?: unknown;
}

/** A notification of which the channels of a listener tell. */
export interface TracedNotification {
  /** As it came. */
  readonly eventType: string | null;
  readonly publisherId: string | null;
  /** `message_id`; null if the peer gives none. */
  readonly messageId: string | null;
  /** `_unique_id` of the message; null if the peer gives none. */
  readonly uniqueId: string | null;
  /** The queue that it was in. */
  readonly queue: string;
  readonly redelivered: boolean;
}

/** What subscribers of the channels `tracing:leveret.rpc.notify.process:*` get. */
export interface NotificationListenerTrace {
  readonly priority: Priority;
  /** What the handler is given: one, or a batch. */
  readonly notifications: readonly TracedNotification[];
  /** What the handler threw; there from `error` on. */
  readonly error?: unknown;
}

export const notifierSends: TracingChannel<unknown, NotifierTrace> =
  diagnosticsChannel.tracingChannel('leveret.rpc.notify.send');
export const listenerRuns: TracingChannel<unknown, NotificationListenerTrace> =
  diagnosticsChannel.tracingChannel('leveret.rpc.notify.process');
