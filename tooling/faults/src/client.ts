/** What a client under test is told. */
export interface ClientSettings {
  /** `amqp:`, `amqps:`, or `rabbit:` with several hosts. */
  readonly url: string;
  /** Durable; declared before it is consumed from. */
  readonly queue: string;
  /** Default `classic`. */
  readonly queueType?: 'classic' | 'quorum';
  /** Default: the client's own. */
  readonly heartbeatMs?: number;
  /** By when each publish must have settled. Default 30 000. */
  readonly publishTimeoutMs?: number;
  /** A constant pause before a reconnect, where the pause is not what is measured. Default: the client's own. */
  readonly reconnectMs?: number;
  /** Hosts are tried in the order of the URL. Default false: as the client likes. */
  readonly hostsInOrder?: boolean;
  /** Trusted authority for `amqps:`, in PEM. */
  readonly ca?: string;
}

/** Where a message goes, if not to the queue of the settings. */
export type PublishTo = { readonly queue: string } | { readonly exchange: string; readonly type: 'direct' | 'fanout' };

/** How a publish ended that did not fail: the broker has it in a queue, or gave it back because no queue takes it. */
export type PublishOutcome = 'confirmed' | 'returned';

/** The names that the goals ask for. */
export type FaultName = 'credentials' | 'virtual-host' | 'tls' | 'not-found' | 'declaration';

/** The client that is judged. What it promises is what the ledger holds it to. */
export interface ClientUnderTest {
  /** Publishes, mandatory and persistent; settles by the deadline. Rejects with what kept it from its end. */
  publish(id: string, to?: PublishTo): Promise<PublishOutcome>;
  /** Declares the queue, consumes and acknowledges, for as long as the client lives, whatever happens. */
  consume(onDelivery: (id: string) => void): Promise<void>;
  /** What an application can tell an error by, or what the error says where it has no such name. */
  nameOf(error: unknown): FaultName | (string & {});
  /** Leaves; never rejects. */
  close(): Promise<void>;
}

/** Makes a client; nothing is dialled before it is used. */
export type CreateClient = (settings: ClientSettings) => ClientUnderTest;
