import { TransportUrlError } from './errors.js';
import { Secret } from './secret.js';
import type { TransportUrl } from './transport-url.js';

/** RabbitMQ's URI query parameters. What the URL does not say is undefined. Paths are data: no file is read. */
export interface AmqpParameters {
  /** `heartbeat`, in seconds; 0 is none. */
  readonly heartbeatSeconds: number | undefined;
  /** `connection_timeout`, in milliseconds. */
  readonly connectionTimeoutMs: number | undefined;
  /** `channel_max`; 0 leaves it to the broker. */
  readonly channelMax: number | undefined;
  /** `frame_max`, in bytes; 0 leaves it to the broker. */
  readonly frameMax: number | undefined;
  /** `auth_mechanism`, which may be repeated, in the order given; empty if not given. */
  readonly authMechanisms: readonly AuthMechanism[];
  readonly cacertfile: string | undefined;
  readonly certfile: string | undefined;
  readonly keyfile: string | undefined;
  /** `password`: the passphrase of the key file, and not the password of a user. */
  readonly keyPassphrase: Secret | undefined;
  readonly verify: 'verify_peer' | 'verify_none' | undefined;
  readonly failIfNoPeerCert: boolean | undefined;
  /** `depth`: how many intermediate certificates a valid chain may have. */
  readonly depth: number | undefined;
  /** `server_name_indication`; false for `disable`. */
  readonly serverNameIndication: string | false | undefined;
  /** `customize_hostname_check`; `https` is all there is: wildcards in certificates count. */
  readonly customizeHostnameCheck: 'https' | undefined;
}

/** The names `auth_mechanism` may have. */
export type AuthMechanism = 'plain' | 'amqplain' | 'external' | 'crdemo';

const names = [
  'heartbeat',
  'connection_timeout',
  'channel_max',
  'frame_max',
  'auth_mechanism',
  'cacertfile',
  'certfile',
  'keyfile',
  'password',
  'verify',
  'fail_if_no_peer_cert',
  'depth',
  'server_name_indication',
  'customize_hostname_check',
] as const;

type ParameterName = (typeof names)[number];

/** The names of RabbitMQ's parameters, as they stand in a URL. */
export const amqpParameterNames: readonly string[] = names;

/**
 * The query of an `amqp` or `amqps` URL, typed. For `rabbit` URLs the query is of oslo.messaging's options, read by
 * whoever knows those.
 *
 * @see https://www.rabbitmq.com/docs/uri-query-parameters
 * @throws TransportUrlError for a URL in oslo's dialect, a parameter that is none of RabbitMQ's and a value that is none
 * of its parameter's. A known parameter is named, an unknown one is not (a name may be a piece of a password), and no
 * value ever is.
 */
export function amqpParameters(url: TransportUrl): AmqpParameters {
  if (url.dialect !== 'rabbitmq') {
    const hint = "RabbitMQ's parameters go with amqp and amqps.";
    throw new TransportUrlError('UNSUPPORTED_TRANSPORT', 0, hint);
  }
  checkNames(url.query);
  const text = (name: ParameterName): string | undefined => url.query.get(name);
  const passphrase = text('password');
  const serverName = text('server_name_indication');
  return Object.freeze({
    heartbeatSeconds: integer('heartbeat', text('heartbeat'), 65_535),
    connectionTimeoutMs: integer('connection_timeout', text('connection_timeout'), 2 ** 31 - 1),
    channelMax: integer('channel_max', text('channel_max'), 65_535),
    frameMax: integer('frame_max', text('frame_max'), 2 ** 32 - 1),
    authMechanisms: Object.freeze((text('auth_mechanism')?.split(',') ?? []).map(mechanism)),
    cacertfile: text('cacertfile'),
    certfile: text('certfile'),
    keyfile: text('keyfile'),
    keyPassphrase: passphrase === undefined ? undefined : new Secret(passphrase),
    verify: oneOf('verify', text('verify'), ['verify_peer', 'verify_none']),
    failIfNoPeerCert: boolean('fail_if_no_peer_cert', text('fail_if_no_peer_cert')),
    depth: integer('depth', text('depth'), 255),
    serverNameIndication: serverName === 'disable' ? false : serverName,
    customizeHostnameCheck: oneOf('customize_hostname_check', text('customize_hostname_check'), ['https']),
  });
}

function checkNames(query: ReadonlyMap<string, string>): void {
  const stranger = Array.from(query.keys()).findIndex((name) => !amqpParameterNames.includes(name));
  if (stranger === -1) return;
  const place = `${stranger + 1} of ${query.size}`;
  throw new TransportUrlError(
    'BAD_PARAMETER',
    -1,
    `Parameter ${place} is none of RabbitMQ's: ${amqpParameterNames.join(', ')}.`,
  );
}

function integer(name: ParameterName, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return value;
  throw badValue(name, `an integer from 0 to ${max}`);
}

function boolean(name: ParameterName, text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : oneOf(name, text, ['true', 'false']) === 'true';
}

function mechanism(text: string): AuthMechanism {
  // Long ago RabbitMQ wanted the name of the Erlang module too, and takes it to this day.
  const name = text.startsWith('amqp_auth_mechanisms:') ? text.slice('amqp_auth_mechanisms:'.length) : text;
  const known: readonly AuthMechanism[] = ['plain', 'amqplain', 'external', 'crdemo'];
  const found = known.find((candidate) => candidate === name);
  if (found === undefined) throw badValue('auth_mechanism', known.join(', '));
  return found;
}

function oneOf<T extends string>(name: ParameterName, text: string | undefined, values: readonly T[]): T | undefined {
  if (text === undefined) return undefined;
  const value = values.find((candidate) => candidate === text);
  if (value === undefined) throw badValue(name, values.join(', '));
  return value;
}

function badValue(name: ParameterName, wanted: string): TransportUrlError {
  return new TransportUrlError('BAD_PARAMETER', -1, `${name} can be ${wanted}.`);
}
