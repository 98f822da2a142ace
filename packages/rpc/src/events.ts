import type { ConsumerEnd } from '@leveret/transport';
import type { InvalidArgumentError, MalformedMessageError } from './errors.js';
import type { ResultValidationError } from './validation-errors.js';

/** All that a client tells; switch on `type`. No event holds a message body. */
export type RpcClientEvent =
  /** A reply that came `lateMs` after its call had timed out or been given up. Dropped. */
  | {
      readonly type: 'reply-ignored';
      readonly messageId: string;
      readonly late: true;
      readonly method: string;
      readonly lateMs: number;
      /** It only says that the method still runs; the reply itself may yet come. */
      readonly heartbeat: boolean;
    }
  /** A reply nobody waits for, which was sent twice or is not ours. Dropped. */
  | { readonly type: 'reply-ignored'; readonly messageId: string; readonly late: false }
  /** The servers could not be told that so many calls were given up; they run until their deadlines. */
  | { readonly type: 'cancel-not-sent'; readonly calls: number; readonly error: unknown }
  /** A message on the reply queue that is no reply. Rejected. */
  | { readonly type: 'reply-malformed'; readonly error: MalformedMessageError }
  /** The reply queue could not be set up, or hangs; the calls that waited for it failed, or will; the next call tries again. */
  | { readonly type: 'reply-queue-failed'; readonly queue: string; readonly error: unknown }
  /** At close, a queue of our own could not be deleted; it expires by itself. */
  | { readonly type: 'queue-left-behind'; readonly queue: string; readonly error: unknown };

/** Why a reply was given up. */
export type ReplyDropReason =
  /** No reply queue of this name came up in the time allowed: the caller is gone. */
  | 'queue-missing'
  /** The request asked for a reply and named no queue. */
  | 'no-queue-named'
  /** The broker could not be given the message; see `error`. */
  | 'not-sent'
  /** The server was stopped while the reply waited for its queue. */
  | 'stopped';

/** All that a server tells; switch on `type`. No event holds a message body. */
export type RpcServerEvent =
  /** A message that is no request. Rejected, not requeued; or a dead letter, where the server has a place for them. */
  | { readonly type: 'request-malformed'; readonly queue: string; readonly error: MalformedMessageError }
  /**
   * A request with an id that was seen before; of one without a unique id, its message id. Acknowledged, not run again.
   * `answered`: its caller was sent the reply of the first run once more.
   */
  | { readonly type: 'request-repeated'; readonly uniqueId: string; readonly answered?: true }
  /** A dead letter could not be published; the message was rejected instead. */
  | { readonly type: 'dead-letter-failed'; readonly queue: string; readonly error: unknown }
  /** The idempotency store failed, or took too long. The request is run, and answered, all the same. */
  | { readonly type: 'idempotency-failed'; readonly operation: 'get' | 'put'; readonly error: unknown }
  /** A request whose connection went before it could be acknowledged. Not run: the broker delivers it again. */
  | { readonly type: 'request-lost'; readonly uniqueId: string | undefined }
  /** The time of the caller was over. `ran` false: it was over before the method began, which was not run and is not answered. */
  | {
      readonly type: 'request-expired';
      readonly method: unknown;
      readonly uniqueId: string | undefined;
      readonly ran: boolean;
    }
  /** The caller gave up before its time was over: its signal fired, or its client was closed. `ran` as above. */
  | {
      readonly type: 'request-cancelled';
      readonly method: unknown;
      readonly uniqueId: string | undefined;
      readonly ran: boolean;
      readonly by: 'abort' | 'close';
    }
  /** A method threw, or there was none to call. A caller gets the error; of a cast only this event tells. */
  | {
      readonly type: 'request-failed';
      readonly method: unknown;
      readonly error: unknown;
      /** Named by `expectedErrors`. */
      readonly expected: boolean;
      /** `call`: the caller was told. */
      readonly kind: 'call' | 'cast';
    }
  /** JSON cannot carry the result, or the contract does not allow it; the caller gets a failure that says so. */
  | {
      readonly type: 'result-refused';
      readonly method: string;
      readonly error: InvalidArgumentError | ResultValidationError;
    }
  /** The caller asked for heartbeats with a timeout that is no whole number of at least 2 s. It gets none. */
  | { readonly type: 'call-monitor-refused'; readonly value: unknown }
  /** The broker refuses a reply, most often as too large; the caller gets a failure that says so. */
  | { readonly type: 'reply-refused'; readonly queue: string; readonly messageId: string; readonly error: unknown }
  /** A reply queue is missing; replies to it are tried again for a while. */
  | { readonly type: 'reply-delayed'; readonly queue: string }
  | {
      readonly type: 'reply-dropped';
      readonly queue: string | undefined;
      readonly messageId: string;
      readonly reason: ReplyDropReason;
      readonly error?: unknown;
    }
  /**
   * A queue of the server is not consumed any more, for the transport's reason, or (`refused`) another try to consume it
   * failed. `restarts`: it is tried again, after 1 s to 30 s. Else the server's status stays `failed` until the application
   * stops or starts it: it has deleted the queue, or closed the transport.
   */
  | {
      readonly type: 'consumer-ended';
      readonly queue: string;
      readonly reason: ConsumerEnd['reason'] | 'refused';
      readonly restarts: boolean;
      readonly error?: unknown;
    }
  /** The queue is consumed again. */
  | { readonly type: 'consumer-restarted'; readonly queue: string }
  /** `stop` did not wait any longer; the signals of these methods were fired. */
  | { readonly type: 'drain-ended'; readonly unfinished: number }
  /** After stop, the fanout queue could not be deleted; it expires by itself. */
  | { readonly type: 'queue-left-behind'; readonly queue: string; readonly error: unknown };

/** All that this package tells. */
export type RpcEvent = RpcClientEvent | RpcServerEvent;

/** A function to tell events with; what the listener throws is ignored: it must not break the traffic. */
export function createEmitter<Event>(onEvent: ((event: Event) => void) | undefined): (event: Event) => void {
  if (onEvent === undefined) return () => {};
  return (event) => {
    try {
      onEvent(event);
    } catch {
      // Promised in the docs of onEvent.
    }
  };
}
