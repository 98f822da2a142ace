import { type OsloPeerOptions, type OsloProgram, type Peer, startPeer } from './peer.ts';

/** What {@link startOsloServer} can be told. */
export interface OsloServerOptions extends OsloPeerOptions {
  readonly server: string;
  /** Default: `server`, whose methods try out what the wire can carry; `compute_server` is the demo's. */
  readonly program?: Extract<OsloProgram, 'server' | 'compute_server'>;
}

/** An RPC server in Python. */
export type OsloServer = Omit<Peer, 'write'>;

/**
 * Starts an oslo.messaging RPC server; resolves when it consumes.
 *
 * @throws {OsloToolingError} ERR_LEVERET_TOOLING_NO_OSLO, ERR_LEVERET_TOOLING_PEER_ENDED
 */
export function startOsloServer({ program = 'server', ...options }: OsloServerOptions): Promise<OsloServer> {
  return startPeer(program, options);
}
