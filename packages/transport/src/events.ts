import type { ConnectionState, Purpose } from './connection.js';
import type { ConsumerEnd } from './consumer-end.js';
import type { ConnectionLostError, ConnectionRefusedError, TransportError } from './errors.js';

/**
 * All that a transport tells, in one union; switch on `type`. `host` is `host:port`; no event ever holds a secret or a
 * message body.
 */
export type TransportEvent =
  /** At `createTransport`: something in the URL is legal and probably not meant, or is not used. */
  | { readonly type: 'url-warned'; readonly message: string }
  /** At `createTransport`: an option of oslo.messaging's or RabbitMQ's is accepted, and has no effect for this reason. */
  | { readonly type: 'option-ignored'; readonly option: string; readonly reason: string }
  | {
      readonly type: 'state-changed';
      readonly purpose: Purpose;
      readonly from: ConnectionState;
      readonly to: ConnectionState;
    }
  /** One host failed or refused; the next is tried, or after the last one the cycle waits `state.delayMs`. */
  | {
      readonly type: 'connection-attempt-failed';
      readonly purpose: Purpose;
      readonly host: string;
      readonly error: ConnectionLostError | ConnectionRefusedError;
    }
  | { readonly type: 'connection-opened'; readonly purpose: Purpose; readonly host: string }
  | {
      readonly type: 'connection-lost';
      readonly purpose: Purpose;
      readonly host: string;
      readonly error: ConnectionLostError;
    }
  /** The broker has the new secret of a connection whose old one was about to expire. */
  | { readonly type: 'credentials-renewed'; readonly purpose: Purpose; readonly host: string }
  /** It has not: the option `credentials` failed, or the broker did not answer. Tried again soon. */
  | {
      readonly type: 'credentials-renewal-failed';
      readonly purpose: Purpose;
      readonly host: string;
      readonly error: TransportError;
    }
  /** RabbitMQ's memory or disk alarm (connection.blocked): publishes wait until `connection-unblocked`. */
  | { readonly type: 'connection-blocked'; readonly purpose: Purpose; readonly host: string; readonly reason: string }
  | { readonly type: 'connection-unblocked'; readonly purpose: Purpose; readonly host: string }
  /** This process did not run for `gapMs` (a blocked event loop or a suspended machine): the broker may drop it. */
  | { readonly type: 'event-loop-stalled'; readonly purpose: Purpose; readonly host: string; readonly gapMs: number }
  /**
   * A consumer receives: `restored` is false the first time, true after a reconnect, a cancel or a queue's deletion.
   * `formerQueue`: what the broker had named its queue before.
   */
  | {
      readonly type: 'consumer-started';
      readonly queue: string;
      readonly restored: boolean;
      readonly formerQueue?: string;
    }
  /** A consumer stopped receiving for a reason other than a lost connection; it is being brought back. */
  | { readonly type: 'consumer-interrupted'; readonly queue: string; readonly error: TransportError }
  /** A consumer that had received is over for good; as its `closed` says. */
  | ({ readonly type: 'consumer-ended'; readonly queue: string } & ConsumerEnd)
  /** `onDelivery` threw or rejected; `settled` says what became of the message. */
  | {
      readonly type: 'handler-failed';
      readonly queue: string;
      readonly error: unknown;
      readonly settled: 'by-handler' | 'requeued' | 'rejected';
    }
  /** A message went out again on a new connection, because its confirm was lost with the old one. */
  | {
      readonly type: 'publish-repeated';
      readonly exchange: string;
      readonly routingKey: string;
      readonly attempt: number;
    }
  /** The broker returned a mandatory message whose `publish` had ended before, by its deadline or its signal. */
  | {
      readonly type: 'message-returned';
      readonly exchange: string;
      readonly routingKey: string;
      readonly replyCode: number;
      readonly replyText: string;
    };
