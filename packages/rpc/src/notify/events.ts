import type { MalformedMessageError } from '../errors.js';
import type { IntakeEvent } from '../intake.js';
import type { Priority } from './priority.js';

/** All that a notifier tells; switch on `type`. No event holds a payload. */
export type NotifierEvent =
  /** With `onFailure: 'event'`: the notification was not sent to all topics, for this reason. */
  {
    readonly type: 'notification-not-sent';
    readonly priority: Priority;
    readonly eventType: string;
    readonly error: unknown;
  };

/** All that a notification listener tells; switch on `type`. No event holds a payload. */
export type NotificationListenerEvent =
  /** A message that is no notification. Rejected, not requeued. */
  | { readonly type: 'notification-malformed'; readonly queue: string; readonly error: MalformedMessageError }
  /** A priority that does not exist, so that nobody can hear it. Acknowledged. */
  | { readonly type: 'priority-unknown'; readonly queue: string; readonly priority: string }
  /** One with an id that was acknowledged before. Acknowledged, not handled again. */
  | { readonly type: 'notification-repeated'; readonly uniqueId: string }
  /** A handler threw, or the serializer did. */
  | {
      readonly type: 'notification-failed';
      readonly priority: Priority;
      /** How many notifications: those of the batch's priority, or 1. */
      readonly count: number;
      readonly error: unknown;
      /** They are delivered again: `allowRequeue`. Else they are acknowledged. */
      readonly requeued: boolean;
    }
  /** A handler returned REQUEUE, and `allowRequeue` is not set: acknowledged all the same. */
  | { readonly type: 'requeue-refused'; readonly priority: Priority; readonly count: number }
  /** A queue is not consumed any more, or is again; as a server's. */
  | IntakeEvent
  /** `stop` did not wait any longer; the signals of these handlers were fired. */
  | { readonly type: 'drain-ended'; readonly unfinished: number };
