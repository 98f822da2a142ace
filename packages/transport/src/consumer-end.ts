import { DeclarationError, DestinationNotFoundError, type TransportError } from './errors.js';

/** Why a consumer is over for good. */
export interface ConsumerEnd {
  /**
   * - `cancelled`: by `cancel()`, or by closing the transport.
   * - `queue-deleted`: by `deleteQueue` of this transport, or by somebody else where the consumer may not declare it again
   *   (`redeclare: false`, a passive queue).
   * - `queue-locked`: after a reconnect another connection held the queue for itself alone, for longer than `lockTimeoutMs`.
   * - `unanswered`: the broker, while it answered other things, left what was asked of the queue unanswered for longer than
   *   `answerTimeoutMs`.
   * - `connection-closed`: reconnecting was given up, or refused.
   */
  readonly reason: 'cancelled' | 'queue-deleted' | 'queue-locked' | 'unanswered' | 'connection-closed';
  /** What the broker or the connection said, where it was them. */
  readonly error?: TransportError;
}

/** Decides what of a broker's refusals ends a consumer that has received before. */
export class EndJudge {
  readonly #lockTimeoutMs: number;
  #missing = 0;
  #lockedSince: number | undefined;

  constructor(lockTimeoutMs: number) {
    this.#lockTimeoutMs = lockTimeoutMs;
  }

  /** It receives again: what was refused before no longer counts. */
  reset(): void {
    this.#missing = 0;
    this.#lockedSince = undefined;
  }

  /** The end, or undefined: the broker may say something else next time. `now` is in ms, of any clock. */
  judge(error: TransportError, mayDeclare: boolean, now: number): ConsumerEnd | undefined {
    if (error instanceof DestinationNotFoundError && !mayDeclare && !isDown(error)) {
      // Asked twice: a server-sent cancel may come while its queue moves to another node.
      this.#missing += 1;
      return this.#missing > 1 ? { reason: 'queue-deleted', error } : undefined;
    }
    if (isLocked(error)) {
      this.#lockedSince ??= now;
      const lockedMs = now - this.#lockedSince;
      return lockedMs >= this.#lockTimeoutMs ? { reason: 'queue-locked', error } : undefined;
    }
    return undefined;
  }
}

// RabbitMQ's word for a queue whose node is away: it exists.
function isDown({ message }: TransportError): boolean {
  return /down or inaccessible/.test(message);
}

// A connection that the broker has not missed yet holds its exclusive queues (405) and its exclusive consumers (403).
function isLocked(error: TransportError): boolean {
  if (!(error instanceof DeclarationError)) return false;
  return error.replyCode === 405 || (error.replyCode === 403 && /exclusive/.test(error.message));
}
