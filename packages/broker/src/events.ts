import type { ConnectionInfo } from './connection-info.js';

/** What a broker tells of its connections. Texts are for people; nothing in them is a secret. */
export type BrokerEvent =
  /** A client has logged in and opened a virtual host. */
  | { readonly type: 'connection-opened'; readonly connection: ConnectionInfo }
  /** A client did not get that far: wrong credentials, not AMQP, too slow, one too many. */
  | { readonly type: 'connection-rejected'; readonly peer: string; readonly reason: string }
  /** An open connection has ended. */
  | { readonly type: 'connection-closed'; readonly connection: ConnectionInfo; readonly reason: string }
  /** The broker reads nothing more from this publisher until there is room. */
  | { readonly type: 'connection-blocked'; readonly connection: ConnectionInfo; readonly reason: string }
  | { readonly type: 'connection-unblocked'; readonly connection: ConnectionInfo }
  /** The broker closed a channel over what its client did, or by a fault. */
  | {
      readonly type: 'channel-closed';
      readonly connection: ConnectionInfo;
      readonly channel: number;
      readonly code: number;
      readonly text: string;
    }
  /** The broker has begun to block publishers: its memory limit is reached, or `faults.block()` says so. */
  | { readonly type: 'alarm-raised'; readonly reason: string }
  | { readonly type: 'alarm-cleared' };
