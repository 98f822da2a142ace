import type { TransportEvent } from '@leveret/transport';

/** What became of one connection. */
export interface WatchedConnection {
  /** `host-1 publish`. */
  readonly name: string;
  open: boolean;
  lost: number;
  reconnects: number;
}

/** A connection is gone, or open. */
export interface ConnectionChange {
  readonly purpose: 'publish' | 'consume';
  readonly open: boolean;
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

  /** The listener for a transport; `onChange` hears when one of its connections is gone, or back. */
  listener(owner: string, onChange?: (change: ConnectionChange) => void): (event: TransportEvent) => void {
    return (event) => {
      if (event.type === 'publish-repeated') this.#publishRepeated += 1;
      if (event.type !== 'connection-opened' && event.type !== 'connection-lost') return;
      const name = `${owner} ${event.purpose}`;
      const connection = this.#connections.get(name);
      if (event.type === 'connection-lost') {
        if (connection !== undefined) Object.assign(connection, { open: false, lost: connection.lost + 1 });
      } else if (connection === undefined) {
        this.#connections.set(name, { name, open: true, lost: 0, reconnects: 0 });
      } else {
        Object.assign(connection, { open: true, reconnects: connection.reconnects + 1 });
      }
      onChange?.({ purpose: event.purpose, open: event.type === 'connection-opened' });
      for (const check of [...this.#waiters]) check();
    };
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
