/** Where a connection stands. */
export type ConnectionStatus = 'handshake' | 'open' | 'blocking' | 'blocked' | 'closing' | 'closed';

/** A client's connection, as plain data of this moment. */
export interface ConnectionInfo {
  /** The broker's name of it: `127.0.0.1:40000 -> 127.0.0.1:5672`. */
  readonly name: string;
  /** The client property connection_name; undefined when the client gave none. */
  readonly connectionName: string | undefined;
  readonly status: ConnectionStatus;
  /** Empty until the client has logged in. */
  readonly user: string;
  /** Empty until the client has opened one. */
  readonly virtualHost: string;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly channels: number;
  readonly heartbeatSeconds: number;
  readonly frameMaxBytes: number;
  /** Whether a fault holds it frozen. */
  readonly frozen: boolean;
  /** What the client says of itself. */
  readonly clientProperties: Readonly<Record<string, unknown>>;
  readonly framesReceived: number;
}

/** Which connections are meant: by connection_name or the broker's own name, by a pattern of either, or by a test. */
export type ConnectionMatch = string | RegExp | ((connection: ConnectionInfo) => boolean);

/** Whether a connection is meant. Nothing given means all. */
export function matches(connection: ConnectionInfo, match: ConnectionMatch | undefined): boolean {
  if (match === undefined) return true;
  if (typeof match === 'function') return match(connection);
  const names = [connection.name, connection.connectionName ?? ''];
  // search() leaves lastIndex alone, so a pattern with the flag g matches twice.
  return names.some((name) => (typeof match === 'string' ? name === match : name.search(match) >= 0));
}
