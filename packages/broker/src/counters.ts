/** What a broker has done since it started, as plain numbers. */
export interface Counts {
  /** Connections that were opened, channels that were. */
  readonly connectionsOpened: number;
  readonly channelsOpened: number;
  /** Messages that clients published, refused ones included. */
  readonly published: number;
  /** Of these: no queue took them, with or without basic.return. */
  readonly unroutable: number;
  /** Of these: returned to their publisher (mandatory). */
  readonly returned: number;
  /** Publishes that were acknowledged and refused to their publishers (confirms). */
  readonly confirmed: number;
  readonly nacked: number;
  /** Messages that went out to consumers and by basic.get, repeated ones included. */
  readonly delivered: number;
  /** Of these: with the redelivered flag. */
  readonly redelivered: number;
  /** Messages that consumers settled with an ack. */
  readonly acknowledged: number;
}

/** The counters while they count. */
export type Counters = { -readonly [Name in keyof Counts]: number };

export function newCounters(): Counters {
  return {
    connectionsOpened: 0,
    channelsOpened: 0,
    published: 0,
    unroutable: 0,
    returned: 0,
    confirmed: 0,
    nacked: 0,
    delivered: 0,
    redelivered: 0,
    acknowledged: 0,
  };
}
