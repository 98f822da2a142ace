import { askByLine } from './ask.ts';
import { type OsloPeerOptions, type Peer, startPeer } from './peer.ts';

/** One request of a Python client; the names are oslo.messaging's, times are in seconds. */
export interface OsloRequest {
  /** Default: call. */
  readonly kind?: 'call' | 'cast' | 'fanout';
  readonly method: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly context?: Readonly<Record<string, unknown>>;
  /** Default: the client's topic. */
  readonly topic?: string;
  readonly exchange?: string;
  readonly server?: string;
  readonly namespace?: string;
  readonly version?: string;
  readonly version_cap?: string;
  readonly timeout?: number;
  readonly call_monitor_timeout?: number;
  readonly retry?: number;
  readonly at_least_once?: boolean;
  /** The result also as Python writes it, for what JSON does not tell apart or JavaScript cannot hold. */
  readonly repr?: boolean;
  /** Modules whose exceptions are raised again as what they are. oslo: allowed_remote_exmods. */
  readonly exmods?: readonly string[];
}

/** A Python exception. */
export interface OsloFailure {
  readonly class: string;
  readonly module: string;
  /** The names of its class and of all its base classes. */
  readonly mro: readonly string[];
  readonly str: string;
  readonly args: readonly unknown[];
  /** Of a RemoteError: the class as the server named it. */
  readonly exc_type: string | null;
  readonly value: unknown;
  /** What it was built from besides `args`, if it kept it. */
  readonly kwargs: unknown;
}

/** How a request ended. */
export type OsloAnswer = { readonly elapsed_ms: number } & (
  | { readonly ok: true; readonly result: unknown; readonly repr?: string }
  | { readonly ok: false; readonly error: OsloFailure }
);

/** An RPC client in Python. */
export interface OsloClient extends Omit<Peer, 'write'> {
  /** Sends a request; up to 32 are performed side by side. A failed request is an answer, not a rejection. */
  request(request: OsloRequest): Promise<OsloAnswer>;
}

/**
 * Starts an oslo.messaging RPC client that performs one request after the other: starting Python costs a second, a
 * request some milliseconds.
 *
 * @throws {OsloToolingError} ERR_LEVERET_TOOLING_NO_OSLO, ERR_LEVERET_TOOLING_PEER_ENDED (of `request`, too)
 */
export async function startOsloClient(options: OsloPeerOptions): Promise<OsloClient> {
  const { write, ...peer } = await startPeer('client', { ...options, args: [...(options.args ?? []), 'requests'] });
  const ask = askByLine({ write, line: peer.line });
  return { ...peer, request: async (request) => (await ask(request)) as unknown as OsloAnswer };
}
