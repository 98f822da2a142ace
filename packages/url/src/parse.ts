import { parseAddress } from './address.js';
import { parseBoolean } from './boolean.js';
import { TransportUrlError, type TransportUrlErrorCode } from './errors.js';
import { percentDecode } from './escape.js';
import { readPairs } from './query.js';
import { Secret } from './secret.js';
import { readScheme, type Span, sectionsOf } from './sections.js';
import type { Dialect, TransportHost, TransportUrl, UrlWarning, UrlWarningCode } from './transport-url.js';
import { freezeTransportUrl } from './transport-url.js';

/** How to read a URL. */
export interface ParseOptions {
  /** Default: told by the scheme. `amqp` and `amqps` are read as RabbitMQ does, everything else as oslo.messaging does. */
  readonly dialect?: Dialect | undefined;
}

/**
 * Reads a transport URL: `rabbit://user:pass@host1:5672,user2:pass2@host2/vhost?ssl=true`.
 *
 * Any transport is read, also one that nothing here can connect to; brokerAddresses is where that is an error.
 * Percent-escapes are UTF-8. Credentials belong to the host they stand at.
 *
 * @throws TransportUrlError with code, offset and hint, and with no part of the text.
 */
export function parseTransportUrl(text: string, options: ParseOptions = {}): TransportUrl {
  const { transport, end } = readScheme(text);
  const dialect = options.dialect ?? (transport === 'amqp' || transport === 'amqps' ? 'rabbitmq' : 'oslo');
  const sections = sectionsOf(text, end, dialect);
  const reading: Reading = { text, dialect, warnings: [] };
  if (sections.atSign !== undefined) {
    warn(reading, 'at-sign-after-hosts', sections.atSign, 'An @ stands after the hosts. Write it as %40.');
  }
  if (sections.fragment !== undefined) {
    warn(reading, 'fragment-ignored', sections.fragment, 'All from the # on is ignored. Write a # that counts as %23.');
  }
  const hosts = readHosts(reading, sections.authority);
  const virtualHost = sections.path && readVirtualHost(reading, sections.path);
  const query = readQuery(reading, sections.query);
  if (dialect === 'oslo') warnOfPlainPort(reading, hosts, query, sections.authority.start);
  return freezeTransportUrl({ transport, dialect, hosts, virtualHost, query, warnings: reading.warnings });
}

interface Reading {
  readonly text: string;
  readonly dialect: Dialect;
  readonly warnings: UrlWarning[];
}

function readHosts(reading: Reading, { start, end }: Span): TransportHost[] {
  const hosts: TransportHost[] = [];
  let offset = start;
  for (const item of reading.text.slice(start, end).split(',')) {
    if (item !== '') hosts.push(readHost(reading, { start: offset, end: offset + item.length }));
    offset += item.length + 1;
  }
  const bare = hosts.filter((host) => host.username === undefined).length;
  if (bare > 0 && bare < hosts.length) {
    const message = 'Some hosts have credentials and some have none, and none are inherited';
    if (reading.dialect === 'rabbitmq') {
      const hint = 'Give each host its own. In a username or password write , as %2C.';
      throw fault('ERR_LEVERET_URL_MIXED_CREDENTIALS', message, start, hint);
    }
    warn(reading, 'mixed-credentials', start, `${message}: the bare ones are tried as guest.`);
  }
  return hosts;
}

function readHost(reading: Reading, { start, end }: Span): TransportHost {
  const item = reading.text.slice(start, end);
  const at = item.lastIndexOf('@');
  const address = parseAddress(item.slice(at + 1), start + at + 1, reading.dialect);
  if (at === -1) return { ...address, username: undefined, password: undefined };
  const first = item.indexOf('@');
  if (first !== at) {
    warn(reading, 'raw-at-sign', start + first, 'An @ stands in the credentials. Write it as %40.');
  }
  const colon = item.slice(0, at).indexOf(':');
  const username = decode(reading, { start, end: start + (colon === -1 ? at : colon) });
  if (colon === -1) return { ...address, username, password: undefined };
  return { ...address, username, password: new Secret(decode(reading, { start: start + colon + 1, end: start + at })) };
}

function readVirtualHost(reading: Reading, { start, end }: Span): string {
  const slash = reading.text.indexOf('/', start);
  if (reading.dialect === 'rabbitmq' && slash !== -1 && slash < end) {
    const hint = 'Write a / in the name of a vhost as %2F; the vhost named / is also what you get with no path at all.';
    throw fault('ERR_LEVERET_URL_VHOST_SEGMENTS', 'The vhost has a raw slash in it', slash, hint);
  }
  return decode(reading, { start, end });
}

function readQuery(reading: Reading, { start, end }: Span): Map<string, string> {
  const query = new Map<string, string>();
  for (const { name, value, wellFormed, offset } of readPairs(reading.text, start, end)) {
    if (!wellFormed) badEscape(reading, offset);
    const before = query.get(name);
    if (reading.dialect === 'rabbitmq' && before !== undefined && name !== 'auth_mechanism') {
      const hint = 'Only auth_mechanism may be repeated.';
      throw fault('ERR_LEVERET_URL_DUPLICATE_PARAMETER', 'A query parameter is given twice', offset, hint);
    }
    if (reading.dialect === 'oslo' && value === '') {
      warn(reading, 'empty-parameter-dropped', offset, 'A query parameter without a value has no effect.');
    } else {
      query.set(name, before === undefined ? value : `${before},${value}`);
    }
  }
  return query;
}

function warnOfPlainPort(
  reading: Reading,
  hosts: readonly TransportHost[],
  query: ReadonlyMap<string, string>,
  offset: number,
): void {
  if (parseBoolean(query.get('ssl') ?? '') !== true || reading.text.startsWith('amqps:')) return;
  if (hosts.length > 0 && hosts.every((host) => host.port)) return;
  const message = 'ssl is on, and a host without a port means 5672 all the same, as in oslo.messaging. Write :5671.';
  warn(reading, 'tls-on-plain-port', offset, message);
}

function decode(reading: Reading, { start, end }: Span): string {
  const { value, wellFormed } = percentDecode(reading.text.slice(start, end));
  if (!wellFormed) badEscape(reading, start);
  return value;
}

function badEscape(reading: Reading, offset: number): void {
  const message = 'A percent sign begins no escape of UTF-8';
  const hint = 'Write the percent sign itself as %25.';
  if (reading.dialect === 'rabbitmq') throw fault('ERR_LEVERET_URL_BAD_ESCAPE', message, offset, hint);
  warn(reading, 'bad-escape', offset, `${message}. ${hint}`);
}

function fault(code: TransportUrlErrorCode, problem: string, offset: number, hint: string): TransportUrlError {
  return new TransportUrlError(code, problem, { offset, hint });
}

function warn(reading: Reading, code: UrlWarningCode, offset: number, message: string): void {
  reading.warnings.push({ code, message, offset });
}
