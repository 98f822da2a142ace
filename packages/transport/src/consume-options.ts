import type { Source } from './entities.js';
import { InvalidArgumentError, type TransportError } from './errors.js';
import { isShortString } from './short-string.js';

/** Arguments of basic.consume. */
export type ConsumerArguments = Readonly<Record<string, unknown>>;

/** How a queue is consumed. */
export interface ConsumeOptions {
  /** How many unsettled messages the broker may send ahead. Default 100; 0: no limit. AMQP: basic.qos. */
  readonly prefetch?: number;
  /** Default: chosen by the broker. */
  readonly consumerTag?: string;
  /** Whether nobody else may consume from the queue; the broker refuses (403) while somebody does. Default false. */
  readonly exclusive?: boolean;
  /**
   * Arguments of the consumer, such as `x-stream-offset`. A function is asked for them before each subscription, to go on
   * where the last one ended: with the error by which the broker ended it, such as the queue's deletion, or with undefined
   * the first time and after a reconnect.
   */
  readonly arguments?: ConsumerArguments | ((interruption: TransportError | undefined) => ConsumerArguments);
  /**
   * `false`: queue and bindings are declared for the first subscription only. After that, a queue that is gone ends the
   * consumer (`consumer.closed`) instead of being made anew. Default true.
   */
  readonly redeclare?: boolean;
  /**
   * After a reconnect, how long to ask again for a queue that another connection has for itself alone, in ms: most often it
   * is our own last one, which the broker has not missed yet. Then the consumer ends. Default: three heartbeats, at least
   * 10 000.
   */
  readonly lockTimeoutMs?: number;
  /**
   * How long the broker, while it answers other things, may leave what it is asked for this consumer unanswered, in ms. Then
   * `consume` rejects with UnansweredError, or the consumer ends. For queues that another one can stand in for. Default: as
   * long as it likes.
   */
  readonly answerTimeoutMs?: number;
  /** Ends the wait for the first subscription. */
  readonly signal?: AbortSignal;
}

/** @throws InvalidArgumentError for what no broker could make sense of. */
export function checkConsume({ queue }: Source, { prefetch, lockTimeoutMs, answerTimeoutMs }: ConsumeOptions): void {
  const { name, passive = false, exclusive = false, autoDelete = false } = queue;
  if (typeof name !== 'string' || !isShortString(name)) {
    throw new InvalidArgumentError('A queue name is a string of at most 255 bytes in UTF-8.');
  }
  if (name === '' && (passive || !(exclusive || autoDelete))) {
    throw new InvalidArgumentError(
      'A queue that the broker names must be exclusive or autoDelete, or one would stay behind with every connection that is lost; and it cannot be passive.',
    );
  }
  if (prefetch !== undefined && !(Number.isInteger(prefetch) && prefetch >= 0 && prefetch <= 65_535)) {
    throw new InvalidArgumentError(`prefetch must be a whole number from 0 to 65535, got ${prefetch}.`);
  }
  if (lockTimeoutMs !== undefined && !(lockTimeoutMs >= 0)) {
    throw new InvalidArgumentError(`lockTimeoutMs must be a number of milliseconds from 0, got ${lockTimeoutMs}.`);
  }
  const isTimer = answerTimeoutMs === undefined || (answerTimeoutMs >= 1 && answerTimeoutMs < 2 ** 31);
  if (!isTimer) {
    throw new InvalidArgumentError(
      `answerTimeoutMs must be a number of milliseconds from 1, below 2^31, got ${answerTimeoutMs}.`,
    );
  }
}
