import type { Place } from './adapter.ts';

/** Calls to make: by so many workers, each with one call at a time, for so long. */
export interface Load {
  readonly concurrency: number;
  /** Of the payload, in bytes. */
  readonly size: number;
  readonly durationMs: number;
  /** The measurement ends after so many, too. Default: no bound. */
  readonly most?: number;
  /** Where the client's CPU profile of the measurement goes. Default: none is taken. */
  readonly profile?: string | undefined;
  /** The same of the server. */
  readonly serverProfile?: string | undefined;
}

/** Messages to take: so many that wait, for at most so long, so many of them unacknowledged at a time. */
export interface Stock {
  readonly prefetch: number;
  readonly count: number;
  readonly durationMs: number;
  /** Where the CPU profile of the measurement goes. Default: none is taken. */
  readonly profile?: string | undefined;
}

/** What one measurement found, by the name of the figure. */
export type Figures = Readonly<Record<string, number>>;

/** Client and server of one library, both running. What is missing it cannot do. */
export interface Session {
  /** Undefined: this load is not for it. */
  calls?(load: Load): Promise<Figures | undefined>;
  /** Calls while `cut` closes every connection of this session's virtual host. */
  gap?(cut: () => Promise<unknown>): Promise<Figures>;
  /** From nothing to the first reply, again and again. */
  setUp?(times: number): Promise<Figures>;
  /** Confirmed publishes to the queue of this name, so many of them unconfirmed at a time. */
  publishes?(queue: string, load: Load): Promise<Figures>;
  /** Takes the messages that wait in the queue of this name. */
  deliveries?(queue: string, stock: Stock): Promise<Figures>;
  stop(): Promise<void>;
}

/** One library in one configuration. */
export interface Contender {
  /** What `--only` calls it. */
  readonly name: string;
  readonly label: string;
  readonly note: string;
  start(place: Omit<Place, 'noDelay'>): Promise<Session>;
}
