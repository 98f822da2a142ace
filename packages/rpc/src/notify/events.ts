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
