/** What can be closed. */
export interface Closable {
  close(): Promise<void>;
}

/** How an adapter connects. */
export interface Place {
  readonly url: string;
  /** The topic or queue of the server: one name for both processes. */
  readonly name: string;
  /** False: whatever the library does when nobody says anything. */
  readonly noDelay: boolean;
}

/** Calls the server's echo, and resolves to what came back. */
export interface CallClient extends Closable {
  call(value: string): Promise<unknown>;
}

/** Publishes to a queue, and resolves when the broker has confirmed. */
export interface QueuePublisher extends Closable {
  publish(body: Buffer): Promise<unknown>;
}

/** One library, as its users would write it. Each function runs in a process of its own role; what is missing is not measured. */
export interface Adapter {
  readonly label: string;
  /** What it was given, and what it does not do: printed under the tables. */
  readonly note: string;
  /** Whether it comes back by itself after its connection was closed. */
  readonly recovers: boolean;
  /** Echoes every request; resolves when requests can arrive. There with `startClient`, or not at all. */
  startServer?(place: Place): Promise<Closable>;
  startClient?(place: Place): Promise<CallClient>;
  startPublisher?(place: Place): Promise<QueuePublisher>;
  /** Consumes from the queue, acknowledges each message, and tells of it. */
  startConsumer?(place: Place, prefetch: number, onMessage: () => void): Promise<Closable>;
}

/** The most unacknowledged requests that a server of any library may hold. */
export const PREFETCH = 100;
