import { RpcError } from '../errors.js';
import type { Priority } from './priority.js';

/**
 * A notification could not be handed to the broker, for at least one of its topics; `cause` is the transport's error for
 * the first of them. oslo.messaging logs it and goes on.
 */
export class NotificationSendError extends RpcError {
  override readonly name: string = 'NotificationSendError';
  readonly eventType: string;
  readonly priority: Priority;
  /** Those whose queues it did not reach, of all that the notifier has. */
  readonly topics: readonly string[];
  /** `not-sent`: the broker never had it, on any of these topics. `unknown`: it may have it. */
  readonly outcome: 'not-sent' | 'unknown';

  constructor(
    facts: {
      readonly eventType: string;
      readonly priority: Priority;
      readonly topics: readonly string[];
      readonly outcome: 'not-sent' | 'unknown';
    },
    cause: unknown,
  ) {
    const { eventType, priority, topics, outcome } = facts;
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      'ERR_LEVERET_NOTIFICATION_SEND',
      `The notification '${eventType}' could not be sent as '${priority}' to ${topics.map((topic) => `'${topic}'`).join(', ')}. ${reason}`,
      { cause },
    );
    this.eventType = eventType;
    this.priority = priority;
    this.topics = topics;
    this.outcome = outcome;
  }
}
