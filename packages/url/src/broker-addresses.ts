import { parseBoolean } from './boolean.js';
import { TransportUrlError } from './errors.js';
import { percentDecode } from './escape.js';
import { Secret } from './secret.js';
import type { Dialect, TransportHost, TransportUrl } from './transport-url.js';

/** One broker to connect to, with nothing left open. */
export interface BrokerAddress {
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: Secret;
  readonly virtualHost: string;
  readonly tls: boolean;
}

/**
 * Where to really connect, in the order of the URL; with no hosts in it, one address on localhost.
 *
 * Defaults: `localhost`; 5672, and 5671 for `amqps`; `guest` for a username and for a password, each on its own; the
 * vhost `/`. In oslo's dialect they also stand in for what is empty (and the port for 0), as kombu has it; in RabbitMQ's
 * only for what is absent. TLS is on for `amqps`, and in oslo's dialect for `?ssl=true`, which does not change the port.
 *
 * @throws TransportUrlError for a transport that is not RabbitMQ's, and for an `ssl` that is no boolean.
 */
export function brokerAddresses(url: TransportUrl): readonly BrokerAddress[] {
  checkTransport(url.transport);
  const tls = url.transport === 'amqps' || (url.dialect === 'oslo' && readSsl(url.query.get('ssl')));
  const hosts = url.hosts.length > 0 ? url.hosts : [nowhere];
  return Object.freeze(hosts.map((host) => Object.freeze({ ...addressOf(url, host), tls })));
}

const nowhere: TransportHost = { hostname: undefined, port: undefined, username: undefined, password: undefined };

function addressOf({ dialect, transport, virtualHost }: TransportUrl, host: TransportHost): Omit<BrokerAddress, 'tls'> {
  // kombu takes what is empty for absent; RabbitMQ's specification tells them apart.
  const given = <T>(value: T | undefined): T | undefined => (dialect === 'oslo' ? value || undefined : value);
  const password = host.password && given(host.password.reveal());
  return {
    hostname: nameToResolve(host.hostname || 'localhost', dialect),
    port: given(host.port) ?? (transport === 'amqps' ? 5671 : 5672),
    username: given(host.username) ?? 'guest',
    password: new Secret(password ?? 'guest'),
    virtualHost: given(virtualHost) ?? '/',
  };
}

function checkTransport(transport: string): void {
  switch (transport) {
    case 'rabbit':
    case 'kombu+rabbit':
    case 'kombu+amqp':
    case 'amqp':
    case 'amqps':
      return;
    default:
      throw new TransportUrlError(
        'UNSUPPORTED_TRANSPORT',
        0,
        'RabbitMQ: rabbit, kombu+rabbit, kombu+amqp, amqp, amqps.',
      );
  }
}

function readSsl(text: string | undefined): boolean {
  const ssl = text === undefined ? false : parseBoolean(text);
  if (ssl !== undefined) return ssl;
  throw new TransportUrlError('BAD_PARAMETER', -1, 'Write ssl=true or ssl=false.');
}

/** The name to resolve: escapes decoded and in lower case, but for the zone of an IPv6 address. As kombu does it. */
function nameToResolve(hostname: string, dialect: Dialect): string {
  const oslo = dialect === 'oslo';
  if (!hostname.includes(':')) return (oslo ? percentDecode(hostname) : hostname).toLowerCase();
  const lower = hostname.replace(/^[^%]*/, (address) => address.toLowerCase());
  return oslo ? lower.replace(/%(?:25(?=.))?(.+)/, (_, zone: string) => `%${percentDecode(zone)}`) : lower;
}
