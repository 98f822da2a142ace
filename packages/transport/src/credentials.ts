import { Secret } from '@leveret/url';
import type { BrokerAddress } from '@leveret/url/rabbitmq';
import { formatHost } from './broker-errors.js';
import type { Purpose } from './connection.js';
import { ConnectionLostError } from './errors.js';
import { untilAborted } from './until-aborted.js';

/** Who we are to a broker. */
export interface Credentials {
  readonly username: string;
  readonly password: string | Secret;
  /** In how many ms the password ends. The connection then asks again before that, and tells the broker (update-secret). */
  readonly expiresInMs?: number;
}

/** What credentials are asked for. */
export interface CredentialsRequest {
  /** How many times the connection has been tried in a row, from 1; 0 for a connection that is open and renews. */
  readonly number: number;
  readonly purpose: Purpose;
  /** Aborts when the answer is of no use any more: at `connectTimeoutMs`, on `close`, when another host was faster. */
  readonly signal: AbortSignal;
}

/** Gives the credentials for one host, `host:port`. */
export type CredentialsProvider = (host: string, request: CredentialsRequest) => Credentials | PromiseLike<Credentials>;

/** The same, checked. */
export interface Identity {
  readonly username: string;
  readonly password: Secret;
  readonly expiresInMs: number | undefined;
}

/** The mechanisms by which a client can say who it is. */
export type AuthMechanism = 'PLAIN' | 'AMQPLAIN' | 'EXTERNAL';

/**
 * The credentials for one host: those of the provider, or else of the URL.
 * @throws ConnectionLostError when the provider fails or answers with something else; `signal.reason`.
 */
export async function askCredentials(
  provider: CredentialsProvider | undefined,
  address: BrokerAddress,
  request: CredentialsRequest,
): Promise<Identity> {
  if (provider === undefined) {
    return { username: address.username, password: address.password, expiresInMs: undefined };
  }
  const host = formatHost(address);
  let answer: Credentials;
  try {
    answer = await untilAborted(Promise.resolve(callProvider(provider, host, request)), request.signal);
  } catch (error) {
    request.signal.throwIfAborted();
    throw callbackError('credentials', host, error);
  }
  const { username, password, expiresInMs } = answer ?? {};
  if (typeof username !== 'string' || !(typeof password === 'string' || password instanceof Secret)) {
    throw new ConnectionLostError(host, `The option credentials must give { username, password } for ${host}.`);
  }
  if (expiresInMs !== undefined && !(expiresInMs > 0)) {
    throw new ConnectionLostError(host, `The option credentials must give expiresInMs above 0 for ${host}, or none.`);
  }
  return { username, password: typeof password === 'string' ? new Secret(password) : password, expiresInMs };
}

async function callProvider(
  provider: CredentialsProvider,
  host: string,
  request: CredentialsRequest,
): Promise<Credentials> {
  return provider(host, request);
}

/** What a callback in the options threw, by its kind alone: its message and its fields may hold a secret. */
export function callbackError(option: string, host: string, error: unknown): ConnectionLostError {
  const kind = error instanceof Error ? error.name : typeof error;
  const code = (error as { code?: unknown } | null | undefined)?.code;
  const detail = typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? `${kind}, ${code}` : kind;
  return new ConnectionLostError(
    host,
    `The option ${option} failed for ${host} (${detail}). What it threw is not repeated here, for it may hold a secret.`,
  );
}
