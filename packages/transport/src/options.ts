import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Backoff } from '@leveret/retry';
import { type BufferLimits, bufferLimits } from './buffer-limit.js';
import type { Compression } from './compression.js';
import type { AuthMechanism, CredentialsProvider } from './credentials.js';
import { InvalidArgumentError } from './errors.js';
import type { TransportEvent } from './events.js';
import { nearestName } from './nearest-name.js';
import { readEnvironment } from './option-environment.js';
import { isObject } from './option-kinds.js';
import { OPTION_TABLE, type OptionName, type OptionValue } from './option-table.js';
import type { TlsSource } from './tls-options.js';

/** How a transport behaves. All are optional. */
export interface TransportOptions {
  /** Hears everything that happens. What it throws is ignored: a listener never breaks a connection. */
  readonly onEvent?: (event: TransportEvent) => void;
  /** The peer is gone when silent for this long and a little more. Default 60 000; 0: none. oslo: `heartbeat_timeout_threshold`. */
  readonly heartbeatMs?: number;
  /** For TCP, TLS and the AMQP handshake together, per host. Default 5 000 (kombu's). */
  readonly connectTimeoutMs?: number;
  /**
   * The waits between rounds over all hosts, in ms; its end is the end of reconnecting. Default: up to 100 ms after a
   * loss, then a moment of its own in every 2 s, at last in every 8 s, for ever. oslo: `rabbit_retry_interval`,
   * `rabbit_retry_backoff`, `rabbit_interval_max`, which `osloRabbitBackoff` of `@leveret/retry/backoff` counts as kombu does.
   */
  readonly reconnectBackoff?: Backoff;
  /** The order of hosts is shuffled for every connection, as kombu does; `'given'` keeps it. Default 'shuffle'. */
  readonly hostOrder?: 'shuffle' | 'given';
  /** A host that has not answered for so long is joined by the next one, and the first to be usable wins. Default 1 000. */
  readonly hostFallbackDelayMs?: number;
  /**
   * Options of `node:tls` for `amqps:` and `?ssl=true`: `ca`, `cert`, `key`, … A function is asked for them at each dial, by
   * `host:port`, so that files that have changed are read anew. Certificates are verified against the name of the host
   * that is dialled, and that name is sent (SNI), unless `servername` says another. oslo: `ssl_ca_file`, `ssl_cert_file`,
   * `ssl_key_file`.
   */
  readonly tls?: TlsSource;
  /**
   * Asked for `{ username, password, expiresInMs? }` at each dial, by `host:port`, in place of those of the URL, within
   * `connectTimeoutMs`. What it throws is a failed attempt. With `expiresInMs` a connection asks again before that, and
   * tells the broker by `connection.update-secret`.
   */
  readonly credentials?: CredentialsProvider;
  /**
   * How we say who we are: 'PLAIN', 'AMQPLAIN', or 'EXTERNAL' (by the client certificate). Default 'PLAIN'. oslo:
   * `rabbit_login_method`, whose default is AMQPLAIN.
   */
  readonly authMechanism?: AuthMechanism;
  /** What the broker lists for this connection. Default: program name, pid and a uuid, as oslo. */
  readonly connectionName?: string;
  /** Largest frame in bytes, 4 096 to 131 072. Default 131 072. */
  readonly frameMax?: number;
  /**
   * How much may wait for a connection or a confirm: so many messages, or messages and bytes of their bodies. A body that
   * is larger than all of it goes alone. Default 100 000 messages and 536 870 912 bytes.
   */
  readonly maxBuffered?: number | { readonly messages?: number; readonly bytes?: number };
  /**
   * What `publish` does when so much waits: it rejects at once with MessageDeliveryError, or it waits its turn, in order,
   * within its deadline and signal. Default 'reject'.
   */
  readonly onFull?: 'reject' | 'wait';
  /** By when a message must be confirmed that says nothing else, in ms. Default 30 000. */
  readonly publishTimeoutMs?: number;
  /** How bodies are compressed, where a message says nothing else. Default 'none'. oslo: `kombu_compression`. */
  readonly compression?: Compression | 'none';
  /**
   * Where `LEVERET_*` variables are read, once, when the transport is made: each option that a text can say has one, such
   * as `LEVERET_HEARTBEAT_MS`. Default `process.env`; `false`: nowhere.
   */
  readonly env?: Readonly<Record<string, string | undefined>> | false;
}

/** The same, with nothing left open. */
export interface ResolvedOptions {
  readonly emit: (event: TransportEvent) => void;
  readonly heartbeatMs: number;
  readonly connectTimeoutMs: number;
  readonly reconnectBackoff: Backoff;
  readonly hostOrder: 'shuffle' | 'given';
  readonly hostFallbackDelayMs: number;
  readonly tls: TlsSource;
  readonly credentials: CredentialsProvider | undefined;
  readonly authMechanism: AuthMechanism;
  readonly clientProperties: Readonly<Record<string, unknown>>;
  readonly frameMax: number;
  readonly maxBuffered: BufferLimits;
  readonly onFull: 'reject' | 'wait';
  readonly publishTimeoutMs: number;
  readonly compression: Compression | 'none';
}

/** What options were given besides those in code, each already checked. The first that says something counts. */
export type OptionLayers = readonly Readonly<Record<string, unknown>>[];

/**
 * The options in code, then `layers`, then the environment, then the defaults: for each option the first that says
 * something counts.
 * @throws InvalidArgumentError for an option that does not exist, and for a value that cannot be.
 */
export function resolveOptions(options: TransportOptions, version: string, layers: OptionLayers = []): ResolvedOptions {
  const { env = process.env } = options;
  const all = [checked(options), ...layers, env === false ? {} : readEnvironment(OPTION_TABLE, env)];
  const value = <Name extends OptionName>(name: Name): OptionValue<Name> =>
    (all.find((layer) => layer[name] !== undefined)?.[name] ?? OPTION_TABLE[name].default) as OptionValue<Name>;
  const onEvent = value('onEvent');
  return {
    emit: onEvent === undefined ? () => {} : (event) => callListener(onEvent, event),
    heartbeatMs: value('heartbeatMs'),
    connectTimeoutMs: value('connectTimeoutMs'),
    reconnectBackoff: value('reconnectBackoff'),
    hostOrder: value('hostOrder'),
    hostFallbackDelayMs: value('hostFallbackDelayMs'),
    tls: value('tls'),
    credentials: value('credentials'),
    authMechanism: value('authMechanism'),
    clientProperties: {
      product: 'leveret',
      version,
      connection_name:
        value('connectionName') ?? `${basename(process.argv[1] ?? 'node')}:${process.pid}:${randomUUID()}`,
    },
    frameMax: value('frameMax'),
    maxBuffered: bufferLimits(value('maxBuffered')),
    onFull: value('onFull'),
    publishTimeoutMs: value('publishTimeoutMs'),
    compression: value('compression'),
  };
}

/** @throws InvalidArgumentError */
function checked(options: object): Record<string, unknown> {
  if (!isObject(options)) throw new InvalidArgumentError('The options of a transport must be an object.');
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTION_TABLE, name)) throw unknownOption(name);
    if (value === undefined) continue;
    const { kind } = OPTION_TABLE[name as OptionName];
    values[name] = kind.check(value);
    if (values[name] === undefined) {
      throw new InvalidArgumentError(`${name} must be ${kind.description}${shown(value)}.`);
    }
  }
  return values;
}

function unknownOption(name: string): InvalidArgumentError {
  const names = Object.keys(OPTION_TABLE);
  const nearest = nearestName(name, names);
  return new InvalidArgumentError(
    nearest === undefined
      ? `There is no option '${name}' of a transport; there are ${names.join(', ')}.`
      : `There is no option '${name}' of a transport; did you mean '${nearest}'?`,
  );
}

/** A number says what is wrong with it; a text may be a secret in the wrong place. */
function shown(value: unknown): string {
  return typeof value === 'number' ? `, got ${value}` : '';
}

function callListener(onEvent: (event: TransportEvent) => void, event: TransportEvent): void {
  try {
    onEvent(event);
  } catch {
    // Promised in the docs: a listener that throws must not take a connection down with it.
  }
}
