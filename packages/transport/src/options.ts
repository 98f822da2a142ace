import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Backoff } from '@leveret/retry';
import type { Secret, TransportUrl } from '@leveret/url';
import { type BufferLimits, bufferLimits } from './buffer-limit.js';
import { checkCombinations } from './combinations.js';
import type { Compression } from './compression.js';
import type { AuthMechanism, CredentialsProvider } from './credentials.js';
import type { EntityOptions } from './entity-options.js';
import { ENTITY_TABLE } from './entity-table.js';
import type { TransportEvent } from './events.js';
import type { IgnoredOption } from './ignored-option.js';
import { readEnvironment } from './option-environment.js';
import { codeLayer, osloLayer, rabbitmqLayer } from './option-layers.js';
import { ALL_ROWS, type OptionName, type OptionValue } from './option-table.js';
import type { OsloOptions } from './oslo-options.js';
import { resolveTls } from './resolve-tls.js';
import type { TlsVerify } from './tls-files.js';
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
   * loss, then a moment of its own about every 2 s, at last every 8 s, for ever. oslo: `rabbit_retry_interval`,
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
   * that is dialled, and that name is sent (SNI), unless `servername` says another. In place of `tls…File`, `tlsVerify` and
   * the like, not beside them.
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
  /**
   * TLS on the connections of a `rabbit:` or `amqp:` URL. Default: what the URL says (`?ssl=true`); `amqps:` is always
   * TLS. oslo: `ssl`.
   */
  readonly tlsEnabled?: boolean;
  /** The authorities to trust, PEM. Read at each dial, as the other files. Default: those of Node.js. oslo: `ssl_ca_file`. */
  readonly tlsCaFile?: string;
  /** Our certificate and its chain, PEM. Default: none. oslo: `ssl_cert_file`. */
  readonly tlsCertFile?: string;
  /** The key of our certificate, PEM. Default: none. oslo: `ssl_key_file`. */
  readonly tlsKeyFile?: string;
  /** Opens the key file. Default: none. */
  readonly tlsKeyPassphrase?: string | Secret;
  /**
   * What is verified of the broker: its certificate and that it is for the host that is dialled ('full'), the certificate
   * alone ('chain'), or nothing ('none'). Default 'full', where oslo without `ssl_ca_file` verifies nothing. oslo:
   * `ssl_enforce_hostname_verification`.
   */
  readonly tlsVerify?: TlsVerify;
  /** The name that is sent (SNI) and verified. Default: the host's; `false`: none is sent, and the host's is verified. */
  readonly tlsServerName?: string | false;
  /** The one version of TLS to use. Default: what Node.js and the broker agree on. oslo: `ssl_version`. */
  readonly tlsVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** What the broker lists for this connection. Default: program name, pid and a uuid, as oslo. */
  readonly connectionName?: string;
  /** Largest frame in bytes, 4 096 to 131 072. Default 131 072. */
  readonly frameMax?: number;
  /** How many channels a connection may have. Default 0: as many as the broker lets it. A consumer has one of its own. */
  readonly channelMax?: number;
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
   * How many unsettled messages the broker may send ahead to a consumer that does not say it. Default 100; 0: no limit.
   * oslo: `rabbit_qos_prefetch_count`.
   */
  readonly prefetch?: number;
  /**
   * How long `@leveret/rpc` keeps a reply for a queue that is missing, in ms. Default 60 000. oslo:
   * `kombu_missing_consumer_retry_timeout`.
   */
  readonly missingReplyQueueTimeoutMs?: number;
  /**
   * Options of oslo.messaging's `[oslo_messaging_rabbit]` under their own names and in their own units, as in the query
   * of a `rabbit:` URL, before which they count. Options under our names count before both.
   */
  readonly oslo?: OsloOptions;
  /** How queues and exchanges are declared that peers share, for what is built on a transport. */
  readonly entities?: EntityOptions;
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
  /** The names of options that only TLS has a use for. */
  readonly tlsOptionsGiven: readonly string[];
  readonly credentials: CredentialsProvider | undefined;
  readonly authMechanism: AuthMechanism;
  readonly tlsEnabled: boolean | undefined;
  readonly clientProperties: Readonly<Record<string, unknown>>;
  readonly frameMax: number;
  readonly channelMax: number;
  readonly maxBuffered: BufferLimits;
  readonly onFull: 'reject' | 'wait';
  readonly publishTimeoutMs: number;
  readonly compression: Compression | 'none';
  readonly prefetch: number | undefined;
  readonly missingReplyQueueTimeoutMs: number;
  readonly entities: Required<EntityOptions>;
}

/**
 * For each option the first place that says something counts: the options in code, oslo's in `oslo`, the query of the
 * URL, the environment, the defaults. Tells what has no effect.
 * @throws InvalidArgumentError for an option that does not exist, and for a value that cannot be.
 */
export function resolveOptions(options: TransportOptions, version: string, url?: TransportUrl): ResolvedOptions {
  const code = codeLayer(options);
  const ignored: IgnoredOption[] = [];
  const ignore = (option: IgnoredOption) => ignored.push(option);
  const { env = process.env, oslo = {} } = options;
  const layers = [
    code,
    osloLayer(oslo, url, ignore),
    rabbitmqLayer(url, ignore),
    env === false ? {} : readEnvironment(ALL_ROWS, env, ignore),
  ];
  const lookUp = (name: string) => layers.find((layer) => layer[name] !== undefined)?.[name] ?? ALL_ROWS[name]?.default;
  const value = <Name extends OptionName>(name: Name) => lookUp(name) as OptionValue<Name>;
  const entities = Object.fromEntries(
    Object.keys(ENTITY_TABLE).map((name) => [name, lookUp(`entities.${name}`)]),
  ) as unknown as Required<EntityOptions>;
  const prefetch = value('prefetch');
  checkCombinations(entities, prefetch);
  const tls = resolveTls(code, layers, ignore);
  const onEvent = value('onEvent');
  const emit = onEvent === undefined ? () => {} : (event: TransportEvent) => callListener(onEvent, event);
  for (const { option, reason } of ignored) emit({ type: 'option-ignored', option, reason });
  return {
    emit,
    heartbeatMs: value('heartbeatMs'),
    connectTimeoutMs: value('connectTimeoutMs'),
    reconnectBackoff: value('reconnectBackoff'),
    hostOrder: value('hostOrder'),
    hostFallbackDelayMs: value('hostFallbackDelayMs'),
    tlsEnabled: value('tlsEnabled'),
    tls: tls.source,
    tlsOptionsGiven: tls.given,
    credentials: value('credentials'),
    authMechanism: value('authMechanism'),
    clientProperties: {
      product: 'leveret',
      version,
      connection_name:
        value('connectionName') ?? `${basename(process.argv[1] ?? 'node')}:${process.pid}:${randomUUID()}`,
    },
    frameMax: value('frameMax'),
    channelMax: value('channelMax'),
    maxBuffered: bufferLimits(value('maxBuffered')),
    onFull: value('onFull'),
    publishTimeoutMs: value('publishTimeoutMs'),
    compression: value('compression'),
    prefetch,
    missingReplyQueueTimeoutMs: value('missingReplyQueueTimeoutMs'),
    entities,
  };
}

function callListener(onEvent: (event: TransportEvent) => void, event: TransportEvent): void {
  try {
    onEvent(event);
  } catch {
    // Promised in the docs: a listener that throws must not take a connection down with it.
  }
}
