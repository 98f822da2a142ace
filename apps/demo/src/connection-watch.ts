import type { TransportEvent } from '@leveret/transport';

/** What became of one connection. */
export interface WatchedConnection {
  /** `host-1 publish`. */
  readonly name: string;
  open: boolean;
  lost: number;
  reconnects: number;
}

/** What is followed of a transport's events: as plain data, which another process can tell as well. */
export type WatchedEvent =
  | { readonly type: 'connection-opened' | 'connection-lost'; readonly purpose: 'publish' | 'consume' }
  | { readonly type: 'publish-repeated' };

/** That of an event; undefined when it is none that is followed. */
export function watchedEvent(event: TransportEvent): WatchedEvent | undefined {
  const { type } = event;
  if (type === 'publish-repeated') return { type };
  return type === 'connection-opened' || type === 'connection-lost' ? { type, purpose: event.purpose } : undefined;
}

/** Follows the connections of several transports by their events. */
export class ConnectionWatch {
  readonly #connections = new Map<string, WatchedConnection>();
  readonly #waiters = new Set<() => void>();
  #publishRepeated = 0;

  /** All that were ever open. */
  get connections(): readonly Readonly<WatchedConnection>[] {
    return [...this.#connections.values()];
  }

  /** Messages published again, because their confirm was lost with a connection. */
  get publishRepeated(): number {
    return this.#publishRepeated;
  }

  /** To be told what became of a connection of this owner. */
  tell(owner: string, event: WatchedEvent): void {
    if (event.type === 'publish-repeated') {
      this.#publishRepeated += 1;
      return;
    }
    const name = `${owner} ${event.purpose}`;
    const connection = this.#connections.get(name);
    if (event.type === 'connection-lost') {
      if (connection !== undefined) Object.assign(connection, { open: false, lost: connection.lost + 1 });
    } else if (connection === undefined) {
      this.#connections.set(name, { name, open: true, lost: 0, reconnects: 0 });
    } else {
      Object.assign(connection, { open: true, reconnects: connection.reconnects + 1 });
    }
    for (const check of [...this.#waiters]) check();
  }

  /** Resolves to true once every connection is open and was lost at least so often; to false when that takes too long. */
  async restored(times: number, limitMs: number): Promise<boolean> {
    const done = (): boolean => this.connections.every(({ open, lost }) => open && lost >= times);
    if (done()) return true;
    return new Promise((resolve) => {
      const settle = (value: boolean): void => {
        clearTimeout(timer);
        this.#waiters.delete(check);
        resolve(value);
      };
      const check = (): void => {
        if (done()) settle(true);
      };
      const timer = setTimeout(settle, limitMs, false);
      this.#waiters.add(check);
    });
  }
}
