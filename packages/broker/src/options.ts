import type { TlsOptions } from 'node:tls';
import { BrokerError } from './errors.js';
import type { BrokerEvent } from './events.js';

/** The bounds of a broker. What exceeds one is refused as RabbitMQ refuses it; a value of `Infinity` takes a bound away. */
export interface BrokerLimits {
  /** The largest frame, in bytes, its eight bytes of envelope included. Default 131 072, as RabbitMQ's frame_max; at least 4096. */
  readonly frameMaxBytes?: number;
  /** The highest channel number of a connection. Default 2047, as RabbitMQ's channel_max. */
  readonly channelMax?: number;
  /** The largest body of a message. Default 134 217 728, as RabbitMQ's max_message_size. */
  readonly messageBytes?: number;
  /** The most messages in one queue, unacknowledged ones too; further ones are refused (basic.nack to who asked for confirms). Default 1 000 000. */
  readonly queueMessages?: number;
  /** The most bytes of bodies and properties in one queue, likewise. Default no bound but the memory's. */
  readonly queueBytes?: number;
  /** Past so many bytes of messages, publishers are blocked until consumers have made room. Default 268 435 456. RabbitMQ: the memory alarm. */
  readonly memoryBytes?: number;
  /** The most connections at a time; further ones are closed at once. Default 10 000. */
  readonly connections?: number;
  /** A connection must be open within this many milliseconds. Default 10 000, as RabbitMQ's handshake_timeout. */
  readonly handshakeTimeoutMs?: number;
}

/** What {@link startBroker} can be told. */
export interface BrokerOptions {
  /** Default 0: a free one, which `url` and `port` tell. */
  readonly port?: number;
  /** The address to listen on. Default 127.0.0.1; anything else opens the broker to your network. */
  readonly host?: string;
  /** Passwords by user name; each may do everything in every virtual host. Default guest, with the password guest. */
  readonly users?: Readonly<Record<string, string>>;
  /** Default `['/']`. */
  readonly virtualHosts?: readonly string[];
  /** Speak TLS: `key`, `cert`, `ca`, `requestCert` and all else that node:tls takes. Default: plain TCP. */
  readonly tls?: TlsOptions;
  /** What the broker proposes for heartbeats, in seconds; 0 proposes none. Default 60, as RabbitMQ. */
  readonly heartbeatSeconds?: number;
  /** What bounds the broker's memory, each with its own default. */
  readonly limits?: BrokerLimits;
  /** Is told what happens to connections and channels. What it throws becomes a process warning. */
  readonly onEvent?: (event: BrokerEvent) => void;
}

/** The bounds as they hold. */
export type Limits = Required<BrokerLimits>;

/** The options as they hold. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly users: ReadonlyMap<string, string>;
  readonly virtualHosts: readonly string[];
  readonly tls: TlsOptions | undefined;
  readonly heartbeatSeconds: number;
  readonly limits: Limits;
  readonly onEvent: ((event: BrokerEvent) => void) | undefined;
}

const defaultLimits: Limits = {
  frameMaxBytes: 131_072,
  channelMax: 2047,
  messageBytes: 134_217_728,
  queueMessages: 1_000_000,
  queueBytes: Number.POSITIVE_INFINITY,
  memoryBytes: 268_435_456,
  connections: 10_000,
  handshakeTimeoutMs: 10_000,
};

const optionNames = ['port', 'host', 'users', 'virtualHosts', 'tls', 'heartbeatSeconds', 'limits', 'onEvent'];

/** Reads the options; throws a BrokerError (ERR_LEVERET_BROKER_OPTION) that names the one that cannot be. */
export function resolveOptions(options: BrokerOptions = {}): Settings {
  object('options', options, 'an object, such as { port: 5672 }');
  refuseUnknown(options, optionNames, 'the option');
  const { port = 0, host = '127.0.0.1', heartbeatSeconds = 60, virtualHosts = ['/'], tls, onEvent } = options;
  const { users: passwords = { guest: 'guest' }, limits = {} } = options;
  object('users', passwords, 'passwords by user name, such as { guest: "guest" }');
  object('limits', limits, 'an object, such as { connections: 10 }');
  const users = new Map(Object.entries(passwords));
  whole('port', port, 0, 65_535);
  whole('heartbeatSeconds', heartbeatSeconds, 0, 65_535);
  // Not what was given: it may be a whole URL, with a password.
  if (typeof host !== 'string' || !/^[^\s/@]+$/.test(host)) {
    throw invalid('host', 'a host name or an address', typeof host === 'string' ? 'something else' : typeof host);
  }
  if (users.size === 0) throw invalid('users', 'at least one user, such as { guest: "guest" }', 'none');
  for (const [name, password] of users) {
    // Never the password itself.
    if (typeof password !== 'string') throw invalid(`users.${name}`, 'a password, which is a string', typeof password);
  }
  if (
    !Array.isArray(virtualHosts) ||
    virtualHosts.length === 0 ||
    virtualHosts.some((name) => typeof name !== 'string' || name === '')
  ) {
    throw invalid('virtualHosts', 'names of virtual hosts, such as ["/"]', virtualHosts);
  }
  if (new Set(virtualHosts).size < virtualHosts.length) throw invalid('virtualHosts', 'each name once', virtualHosts);
  if (tls !== undefined) identified(tls);
  if (onEvent !== undefined && typeof onEvent !== 'function') throw invalid('onEvent', 'a function', typeof onEvent);
  return { port, host, users, virtualHosts, tls, heartbeatSeconds, limits: resolveLimits(limits), onEvent };
}

function resolveLimits(given: BrokerLimits): Limits {
  refuseUnknown(given, Object.keys(defaultLimits), 'the limit');
  const limits = {
    ...defaultLimits,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
  whole('limits.frameMaxBytes', limits.frameMaxBytes, 4096, 2 ** 31);
  whole('limits.channelMax', limits.channelMax, 1, 65_535);
  for (const name of ['messageBytes', 'queueMessages', 'queueBytes', 'memoryBytes', 'connections'] as const) {
    if (limits[name] !== Number.POSITIVE_INFINITY) whole(`limits.${name}`, limits[name], 1, Number.MAX_SAFE_INTEGER);
  }
  whole('limits.handshakeTimeoutMs', limits.handshakeTimeoutMs, 1, 2 ** 31 - 1);
  return limits;
}

function refuseUnknown(options: object, known: readonly string[], kind: string): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new BrokerError(
        'ERR_LEVERET_BROKER_OPTION',
        `The broker does not know ${kind} ${name}; there are ${known.join(', ')}.`,
      );
    }
  }
}

function object(name: string, value: unknown, wanted: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(name, wanted, kindOf(value));
}

// Without one, every handshake would fail for lack of a cipher, and nobody would know why.
function identified(tls: TlsOptions): void {
  const wanted = 'an object with a key and a cert (or a pfx, or an SNICallback), as node:tls takes them';
  object('tls', tls, wanted);
  const { key, cert, pfx, SNICallback } = tls;
  if ((key && cert) || pfx || SNICallback) return;
  throw invalid('tls', wanted, `one with ${Object.keys(tls).join(', ') || 'nothing'}`);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return value === null ? 'null' : typeof value;
}

function whole(name: string, value: unknown, least: number, most: number): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  // A string may be anything, even a URL with a password.
  const given = typeof value === 'number' ? value : kindOf(value);
  throw invalid(name, `a whole number from ${least} to ${most}`, given);
}

function invalid(name: string, wanted: string, given: unknown): BrokerError {
  return new BrokerError(
    'ERR_LEVERET_BROKER_OPTION',
    `The option ${name} takes ${wanted}; it was given ${String(given)}.`,
  );
}
