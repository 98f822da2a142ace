import type { ConnectionMatch } from './connection-info.js';

/** A fault that lasts until it is stopped. */
export interface Fault {
  /** How often it has struck so far. */
  readonly hits: number;
  /** Ends it; what it held back goes its way. Again is no error. */
  stop(): void;
  /** The same as `stop`, for `using`. */
  [Symbol.dispose](): void;
}

/** Where a connection is cut. */
export interface CutOptions {
  /** Default: whichever connection gets there first. */
  readonly match?: ConnectionMatch;
  /** Whose frames are counted: those the client sends (`received`, the default) or the broker's. */
  readonly direction?: 'received' | 'sent';
  /** `drop` closes the socket without a word (FIN), `reset` with a RST. Default `reset`. */
  readonly how?: 'drop' | 'reset';
  /**
   * Cut in the middle of the frame: half of it is sent, or, of a received one, nothing of it is carried out. Default false:
   * right after it.
   */
  readonly midFrame?: boolean;
  /** How many connections are cut before the fault is over. Default 1. */
  readonly times?: number;
}

/**
 * What can be made to go wrong. Numbers that come back say how many connections, channels, consumers or messages were struck:
 * 0 tells a test that its fault hit nothing.
 */
export interface Faults {
  /** Closes the socket without connection.close: FIN. */
  dropConnections(match?: ConnectionMatch): number;
  /** The same with a RST. */
  resetConnections(match?: ConnectionMatch): number;
  /** As an operator closes them: connection.close, by default 320 CONNECTION_FORCED with the reason. */
  closeConnections(options?: {
    readonly match?: ConnectionMatch;
    readonly reason?: string;
    readonly code?: number;
  }): number;
  /** Cuts a connection at the n-th frame from now on, or from its beginning for one that is opened later. */
  cutAtFrame(frame: number, options?: CutOptions): Fault;
  /** Half-open: the sockets stay, nothing is read and nothing written until it is stopped. Only connections of this moment. */
  freeze(match?: ConnectionMatch): Fault;
  /** New connections are reset at once. */
  refuseConnections(): Fault;
  /** New connections are accepted and never answered; once it is stopped, they are. */
  ignoreHandshakes(): Fault;
  /** Holds confirms back, by a time each, or all of them until it is stopped. Their order stays. */
  delayConfirms(delay: { readonly ms: number } | 'until stopped', match?: ConnectionMatch): Fault;
  /** Publishes on channels with confirms reach no queue and are answered with basic.nack. Default: all of them, until it is stopped. */
  nackPublishes(options?: { readonly times?: number; readonly match?: ConnectionMatch }): Fault;
  /** Confirms of one turn of the event loop come one by one, in reverse. */
  reorderConfirms(match?: ConnectionMatch): Fault;
  /**
   * A request is confirmed only after its reply was delivered: after whoever received it has published something that reached a
   * consumer. `match` picks the publishers of requests. What nobody answers is confirmed after `maxHoldMs`, default 1000.
   */
  replyBeforeConfirm(options?: { readonly match?: ConnectionMatch; readonly maxHoldMs?: number }): Fault;
  /** Closes channels with a code; default text: that a fault did it. `channel` picks one number. */
  closeChannel(options: {
    readonly code: number;
    readonly text?: string;
    readonly match?: ConnectionMatch;
    readonly channel?: number;
  }): number;
  /** Ends consumers as RabbitMQ does when their queue goes away (basic.cancel). Default: all. */
  cancelConsumers(options?: {
    readonly queue?: string;
    readonly consumerTag?: string;
    readonly virtualHost?: string;
  }): number;
  /** Deletes a queue with what is in it, whoever has it. Throws a BrokerError when there is none. */
  deleteQueue(name: string, virtualHost?: string): void;
  /** Deletes an exchange and its bindings. Throws a BrokerError when there is none. */
  deleteExchange(name: string, virtualHost?: string): void;
  /**
   * What a channel is asked of this queue, there or not, is not answered, nor what it is asked after that, until it is stopped;
   * then all of it is. Consumers that are there already go on. So RabbitMQ 3.10 leaves a quorum queue that was declared just
   * before the broker died.
   */
  hangQueue(name: string, virtualHost?: string): Fault;
  /** Delivers what consumers hold unacknowledged once more, though they hold it still: doubles for at-least-once tests. */
  redeliver(queue: string, virtualHost?: string): number;
  /** Blocks publishers (connection.blocked with this reason, default `low on memory`) until {@link unblock}. */
  block(reason?: string): void;
  unblock(): void;
  /** Writes octets that are no frame. */
  sendGarbage(match?: ConnectionMatch): number;
  /** Writes the beginning of a frame that claims to hold 1 GiB. */
  sendOversizedFrame(match?: ConnectionMatch): number;
}
