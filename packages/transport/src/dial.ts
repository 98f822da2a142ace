import { connect as connectTcp, type Socket } from 'node:net';
import type { Secret } from '@leveret/url';
import type { BrokerAddress } from '@leveret/url/rabbitmq';
import { formatHost } from './broker-errors.js';
import type { Purpose } from './connection.js';
import { askCredentials } from './credentials.js';
import { type DialFacts, dialError, dialTimeout } from './dial-error.js';
import { Handshake } from './handshake.js';
import { AmqplibLink, type Link, type LinkListener, openModel } from './link.js';
import type { LinkHeartbeats } from './link-heartbeats.js';
import type { ResolvedOptions } from './options.js';
import { tlsOptionsFor } from './tls-options.js';

/** One dial of one host. */
export interface DialRequest {
  readonly options: ResolvedOptions;
  readonly purpose: Purpose;
  /** How many times the connection has been tried in a row, from 1. */
  readonly number: number;
  /** In place of the URL's password. */
  readonly newSecret: Secret | undefined;
  readonly listener: LinkListener;
  readonly heartbeats: LinkHeartbeats;
  readonly signal: AbortSignal;
}

/** A link, and in how many ms its credentials expire. */
export interface Dialled {
  readonly link: Link;
  readonly expiresInMs: number | undefined;
}

const SOCKET_OPTIONS = {
  // Nagle against delayed acknowledgement costs up to 88 ms a call.
  noDelay: true,
  keepAlive: true,
} as const;
const KEEP_ALIVE_DELAY_MS = 60_000;

/**
 * Dials one broker: credentials, TCP, TLS and the AMQP handshake, within `options.connectTimeoutMs`.
 * @throws ConnectionRefusedError, ConnectionLostError, `signal.reason`.
 */
export async function dial(address: BrokerAddress, request: DialRequest): Promise<Dialled> {
  const { options, purpose, number, listener, heartbeats, signal } = request;
  signal.throwIfAborted();
  const { connectTimeoutMs, authMechanism: mechanism } = options;
  const facts: DialFacts = {
    address,
    mechanism,
    phase: 'credentials',
    username: address.username,
    handshake: undefined,
  };
  // The signal destroys the socket, whatever phase amqplib is in: it has no limit of its own on a silent server.
  const end = new AbortController();
  const limit = setTimeout(() => end.abort(dialTimeout(facts, connectTimeoutMs)), connectTimeoutMs);
  const onAbort = () => end.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const asked = await askCredentials(options.credentials, address, { number, purpose, signal: end.signal });
    const renewed = options.credentials === undefined ? request.newSecret : undefined;
    const identity = { ...asked, password: renewed ?? asked.password };
    facts.username = identity.username;
    const socketOptions = await reach(address, options, facts, end.signal);
    facts.handshake = new Handshake(() => {
      facts.phase = 'amqp';
    });
    const words = { address, identity, mechanism, ...options };
    const model = await openModel(words, facts.handshake, { ...socketOptions, signal: end.signal });
    const link = new AmqplibLink(formatHost(address), model, listener, heartbeats);
    return { link, expiresInMs: identity.expiresInMs };
  } catch (error) {
    // Whatever was reached so far is left.
    end.abort(error);
    if (signal.aborted) throw signal.reason;
    throw dialError(facts, end.signal.reason);
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', onAbort);
  }
}

/** All that is to be done before amqplib dials; for TLS on a socket that is connected, so that a fault has its place. */
async function reach(
  address: BrokerAddress,
  { tls }: ResolvedOptions,
  facts: DialFacts,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const socketOptions = { ...SOCKET_OPTIONS, keepAliveDelay: KEEP_ALIVE_DELAY_MS };
  if (!address.tls) {
    facts.phase = 'tcp';
    return socketOptions;
  }
  facts.phase = 'tls-options';
  const tlsOptions = await tlsOptionsFor(tls, formatHost(address), signal);
  facts.phase = 'tcp';
  const socket = await connected(address, signal);
  facts.phase = 'tls';
  return { ...tlsOptions, ...socketOptions, socket };
}

function connected({ hostname, port }: BrokerAddress, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const keepAliveInitialDelay = KEEP_ALIVE_DELAY_MS;
    const options = { ...SOCKET_OPTIONS, keepAliveInitialDelay, host: hostname, port, signal };
    const socket = connectTcp(options, () => resolve(socket));
    // It stays: what befalls the socket later is told by TLS, which lies over it.
    socket.on('error', reject);
  });
}
