import { Secret } from '@leveret/url';
import type { AmqpParameters } from '@leveret/url/rabbitmq';
import type { BufferLimits } from './buffer-limit.js';
import { compressions } from './compression.js';
import type { AuthMechanism } from './credentials.js';
import { ENTITY_TABLE } from './entity-table.js';
import { choice, flag, isFunction, isObject, late, onlyInCode, text, wholeNumber } from './option-kinds.js';
import { inSeconds, type OptionRow, parameter, same, times } from './option-row.js';
import type { TransportOptions } from './options.js';
import { osloBackoff } from './oslo-backoff.js';
import { reconnectBackoff } from './reconnect-backoff.js';

export type OptionName = keyof TransportOptions;

/** The options that may stay unsaid to the end: for all others the table has a default. */
type WithoutDefault =
  | 'onEvent'
  | 'credentials'
  | 'connectionName'
  | 'env'
  | 'prefetch'
  | Exclude<`tls${string}` & OptionName, 'tls'>;

/** What an option is when it is resolved. */
export type OptionValue<Name extends OptionName> = Name extends WithoutDefault
  ? TransportOptions[Name]
  : NonNullable<TransportOptions[Name]>;

/** As oslo writes them; sslv23 is any. */
const TLS_VERSIONS: Readonly<Record<string, TransportOptions['tlsVersion']>> = {
  TLSv1: 'TLSv1',
  TLSv1_1: 'TLSv1.1',
  TLSv1_2: 'TLSv1.2',
};

const COUNT = wholeNumber(1, Number.MAX_SAFE_INTEGER);

/**
 * The one table of options: what is checked, read from URLs and the environment, and shown in the README comes out of it.
 * An option is described in TransportOptions and added here; `resolveOptions` then has its value, and
 * `npx vitest run --project unit option-readme -u` writes it into the README.
 */
export const OPTION_TABLE: { readonly [Name in OptionName]-?: OptionRow<OptionValue<Name>> } = {
  onEvent: {
    kind: onlyInCode('a function', isFunction),
    default: undefined,
    defaultText: 'none',
    means: 'hears every `TransportEvent`, a union on `type`',
  },
  heartbeatMs: {
    kind: wholeNumber(0, 65_535_000, { multipleOf: 1000, because: 'AMQP counts in seconds' }),
    default: 60_000,
    means: 'the peer is gone when silent for this long and a little more; 0: none',
    oslo: inSeconds('heartbeat_timeout_threshold'),
    rabbitmq: parameter('heartbeat', ({ heartbeatSeconds }) => times(heartbeatSeconds, 1000)),
  },
  connectTimeoutMs: {
    kind: wholeNumber(1, 2 ** 31 - 1),
    default: 5_000,
    means: 'for TCP, TLS and the AMQP handshake together, per host',
    rabbitmq: parameter('connection_timeout', ({ connectionTimeoutMs }) => connectionTimeoutMs),
  },
  reconnectBackoff: {
    kind: onlyInCode('an iterable of milliseconds', isIterable),
    default: reconnectBackoff(),
    defaultText: 'up to 100 ms, then a moment of its own about every 2 s, at last every 8 s, for ever',
    means:
      'any iterable of milliseconds; its end is the end of reconnecting; `osloRabbitBackoff()` of `@leveret/retry/backoff` is kombu’s',
    oslo: {
      names: [
        'rabbit_retry_interval',
        'rabbit_retry_backoff',
        'rabbit_interval_max',
        'kombu_reconnect_delay',
        'kombu_reconnect_splay',
      ],
      value: osloBackoff,
    },
  },
  hostOrder: {
    kind: choice('shuffle', 'given'),
    default: 'shuffle',
    means: 'the order of hosts is shuffled for every connection, as kombu does; `given` keeps it',
    // Both go through a shuffled list; oslo's `shuffle` draws the next host at random, where ours had its turn.
    oslo: {
      names: ['kombu_failover_strategy'],
      value: (given) => (given.kombu_failover_strategy === undefined ? undefined : 'shuffle'),
    },
  },
  hostFallbackDelayMs: {
    kind: wholeNumber(0, 2 ** 31 - 1),
    default: 1_000,
    means: 'a host that has not answered for so long, in ms, is joined by the next; the first to be usable wins',
  },
  tls: {
    kind: onlyInCode(
      'an object with options of node:tls, or a function',
      (value) => isFunction(value) || isObject(value),
    ),
    default: {},
    defaultText: '`{}`',
    means: 'options of `node:tls` for `amqps:` and `?ssl=true`, or a function that is asked for them at each dial',
  },
  credentials: {
    kind: onlyInCode('a function', isFunction),
    default: undefined,
    defaultText: 'those of the URL',
    means: 'a function that gives `{ username, password, expiresInMs? }` for a host, asked at each dial',
  },
  authMechanism: {
    kind: choice('PLAIN', 'AMQPLAIN', 'EXTERNAL'),
    default: 'PLAIN',
    means: 'how we say who we are',
    oslo: { names: ['rabbit_login_method'], value: ({ rabbit_login_method: method }) => method as AuthMechanism },
    rabbitmq: parameter('auth_mechanism', ({ authMechanisms }) => mechanismOf(authMechanisms)),
  },
  tlsEnabled: {
    kind: flag,
    default: undefined,
    defaultText: 'what the URL says',
    means: 'TLS on connections that the URL leaves open; `amqps:` is always TLS',
    oslo: same('ssl'),
  },
  tlsCaFile: {
    kind: text,
    default: undefined,
    defaultText: 'those of Node.js',
    means: 'the authorities to trust, a PEM file, read at each dial as the other files',
    oslo: same('ssl_ca_file'),
    rabbitmq: parameter('cacertfile', ({ cacertfile }) => cacertfile),
  },
  tlsCertFile: {
    kind: text,
    default: undefined,
    defaultText: 'none',
    means: 'our certificate and its chain, a PEM file',
    oslo: same('ssl_cert_file'),
    rabbitmq: parameter('certfile', ({ certfile }) => certfile),
  },
  tlsKeyFile: {
    kind: text,
    default: undefined,
    defaultText: 'none',
    means: 'the key of our certificate, a PEM file',
    oslo: same('ssl_key_file'),
    rabbitmq: parameter('keyfile', ({ keyfile }) => keyfile),
  },
  tlsKeyPassphrase: {
    kind: {
      description: 'a text that is not empty, or a Secret',
      check: (value) => (value instanceof Secret ? value : text.check(value)),
      parse: (words) => new Secret(words),
    },
    default: undefined,
    defaultText: 'none',
    means: 'opens the key file',
    rabbitmq: parameter('password', ({ keyPassphrase }) => keyPassphrase),
  },
  tlsVerify: {
    kind: choice('full', 'chain', 'none'),
    default: undefined,
    defaultText: '`full`',
    means:
      'what is verified of the broker: its certificate and that it is for this host, the certificate alone, or nothing',
    oslo: {
      names: ['ssl_enforce_hostname_verification'],
      value: ({ ssl_enforce_hostname_verification: name }) => (name === undefined ? name : name ? 'full' : 'chain'),
    },
    rabbitmq: parameter('verify', ({ verify }) =>
      verify === undefined ? verify : verify === 'verify_none' ? 'none' : 'full',
    ),
  },
  tlsServerName: {
    kind: {
      description: 'a text that is not empty, or false',
      check: (value) => (value === false ? value : text.check(value)),
      parse: (words) => (words === 'disable' ? false : words),
    },
    default: undefined,
    defaultText: 'the host’s',
    means:
      'the name that is sent (SNI) and verified; `false`, and `disable` in text: none is sent, and the host’s is verified',
    rabbitmq: parameter('server_name_indication', ({ serverNameIndication }) => serverNameIndication),
  },
  tlsVersion: {
    kind: choice('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'),
    default: undefined,
    defaultText: 'the best that both have',
    means: 'the one version of TLS to use',
    oslo: { names: ['ssl_version'], value: ({ ssl_version: version }) => TLS_VERSIONS[version ?? ''] },
  },
  connectionName: {
    kind: text,
    default: undefined,
    defaultText: 'program, pid, uuid',
    means: 'what the broker lists for this connection',
  },
  frameMax: {
    kind: wholeNumber(4_096, 131_072),
    default: 131_072,
    means: 'largest frame, in bytes',
    // What is greater is a wish, and 0 leaves it to the broker, whose own is 131 072.
    rabbitmq: parameter('frame_max', ({ frameMax: max }) =>
      max === undefined ? max : Math.min(max || 131_072, 131_072),
    ),
  },
  channelMax: {
    kind: wholeNumber(0, 65_535),
    default: 0,
    means:
      'how many channels a connection may have: each consumer takes one, publishing two; 0: as many as the broker lets it',
    rabbitmq: parameter('channel_max', ({ channelMax }) => channelMax),
  },
  maxBuffered: {
    kind: {
      description: `${COUNT.description}, or an object of such numbers, messages and bytes`,
      check: (value) => (isBufferLimits(value) ? value : COUNT.check(value)),
      parse: (words) => COUNT.parse?.(words),
    },
    default: 100_000,
    defaultText: '100 000 messages and 536 870 912 bytes',
    means:
      'what may wait for a connection or a confirm: so many messages, or `{ messages, bytes }`; a larger body goes alone',
  },
  onFull: {
    kind: choice('reject', 'wait'),
    default: 'reject',
    means: 'when so much waits, `publish` rejects at once, or waits its turn, in order, within its deadline and signal',
  },
  publishTimeoutMs: {
    kind: wholeNumber(1, 2 ** 31 - 1),
    default: 30_000,
    means: 'by when a message must be confirmed that says nothing else',
  },
  compression: {
    kind: late(() => choice(...compressions(), 'none')),
    default: 'none',
    means: 'how bodies are compressed, where a message says nothing else',
    oslo: {
      names: ['kombu_compression'],
      value: ({ kombu_compression: method }) => method as TransportOptions['compression'],
    },
  },
  prefetch: {
    kind: wholeNumber(0, 65_535),
    default: undefined,
    defaultText: '100',
    means: 'how many unsettled messages the broker may send ahead to a consumer that does not say; 0: no limit',
    oslo: same('rabbit_qos_prefetch_count'),
  },
  missingReplyQueueTimeoutMs: {
    kind: wholeNumber(0, 2 ** 31 - 1),
    default: 60_000,
    means: 'how long `@leveret/rpc` keeps a reply for a queue that is missing',
    oslo: inSeconds('kombu_missing_consumer_retry_timeout'),
  },
  oslo: {
    kind: onlyInCode('an object with options of oslo_messaging_rabbit', isObject),
    default: {},
    defaultText: '`{}`',
    means: 'options of `[oslo_messaging_rabbit]` under their own names, see below',
  },
  entities: {
    kind: onlyInCode('an object', isObject),
    default: {},
    defaultText: 'see below',
    means: 'how queues and exchanges are declared that peers share; `@leveret/rpc` starts from it',
  },
  env: {
    kind: onlyInCode('an object with environment variables, or false', (value) => value === false || isObject(value)),
    default: undefined,
    defaultText: '`process.env`',
    means: 'where `LEVERET_*` variables are read, once, when the transport is made; `false`: nowhere',
  },
};

function isBufferLimits(value: unknown): value is Partial<BufferLimits> {
  if (!isObject(value)) return false;
  return Object.entries(value).every(
    ([name, limit]) =>
      (name === 'messages' || name === 'bytes') && (limit === undefined || COUNT.check(limit) !== undefined),
  );
}

/** All rows by the names that errors, the environment and the README give them. */
export const ALL_ROWS: Readonly<Record<string, OptionRow<unknown>>> = Object.fromEntries([
  ...Object.entries(OPTION_TABLE),
  ...Object.entries(ENTITY_TABLE).map(([name, row]) => [`entities.${name}`, row]),
]);

// The first that we speak; what nobody speaks is refused by the row's own check.
function mechanismOf(names: AmqpParameters['authMechanisms']): AuthMechanism | undefined {
  const spoken = names.find((name) => name !== 'crdemo') ?? names[0];
  return spoken?.toUpperCase() as AuthMechanism | undefined;
}

function isIterable(value: unknown): boolean {
  return isObjectLike(value) && typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
}

function isObjectLike(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
