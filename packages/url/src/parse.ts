import { readHostname, readPort } from './address.js';
import { isTrue } from './boolean.js';
import { describe, schemeHint, TransportUrlError } from './errors.js';
import { percentDecode } from './escape.js';
import { hideSecret } from './hide-secret.js';
import { inspectAs } from './inspect.js';
import { Query } from './query.js';
import { Secret } from './secret.js';
import type { Dialect, TransportHost, TransportUrl, UrlWarning, UrlWarningCode } from './transport-url.js';

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
  return new ParsedTransportUrl(text, options.dialect);
}

const noQuery = new Query(new Map());

/** What the parts of a URL are read with. */
interface Reading {
  readonly dialect: Dialect;
  readonly warnings: UrlWarning[];
}

/** The scheme, the hosts with the // before them, the path, the query with its ? and the fragment with its #. */
const sections = /^(?:([a-z][a-z\d+.-]*):)?(\/\/[^/?#]*)?([^?#]*)(\?[^#]*)?(#.*)?$/is;

class ParsedTransportUrl implements TransportUrl {
  readonly #text: string;
  declare readonly transport: string;
  declare readonly dialect: Dialect;
  declare readonly hosts: readonly TransportHost[];
  declare readonly virtualHost: string | undefined;
  declare readonly query: ReadonlyMap<string, string>;
  declare readonly warnings: UrlWarning[];

  constructor(text: string, dialect: Dialect | undefined) {
    checkCharacters(text);
    const [, scheme, authority = '', path = '', query, fragment] = sections.exec(text) ?? [];
    if (!scheme) throw new TransportUrlError('NO_SCHEME', 0, schemeHint);
    this.#text = text;
    this.transport = scheme.toLowerCase();
    this.dialect = dialect ?? (/^amqps?$/.test(this.transport) ? 'rabbitmq' : 'oslo');
    this.warnings = [];
    const oslo = this.dialect === 'oslo';
    const start = scheme.length + 1;
    // oslo also has URLs with no authority: `fake:`, `rabbit:/vhost`.
    if (!authority && (!oslo || /^[^/]/.test(path))) {
      throw new TransportUrlError('NO_AUTHORITY', start, schemeHint);
    }
    const list = authority.slice(2);
    const end = start + authority.length;
    const at = text.indexOf('@', end);
    if (at >= 0) {
      // The list of hosts ended inside a username or a password: `rabbit://user:12/34@host/vh` is no host `user` with
      // the port 12. Python connects there.
      if (!list.includes('@', list.lastIndexOf(',') + 1)) throw new TransportUrlError('RAW_DELIMITER', end);
      warn(this, 'at-sign-after-hosts', at);
    }
    if (fragment) complain(this, 'FRAGMENT', text.length - fragment.length);
    this.hosts = readHosts(this, list, end - list.length);
    const slash = path.indexOf('/', 1);
    if (slash > 0 && !oslo) throw new TransportUrlError('VHOST_SEGMENTS', end + slash);
    this.virtualHost = path ? decode(this, path.slice(1), end + 1) : undefined;
    this.query = query ? new Query(readQuery(this, query.slice(1), end + path.length + 1)) : noQuery;
    // oslo's default port is the same with TLS as without.
    if (oslo && isTrue(this.query.get('ssl')) && !(this.hosts[0] && this.hosts.every(({ port }) => port)))
      warn(this, 'tls-on-plain-port', start + 2, 'Write :5671.');
    Object.freeze(this.warnings);
    Object.freeze(this);
  }

  toString(): string {
    const [text = ''] = this.#text.split('#');
    const at = text.lastIndexOf('@') + 1;
    // Where some hosts have no password, what the grammar has for a host or a vhost may be a piece of one.
    const doubt = this.hosts[1] && at > 0 && !this.hosts.every(({ password }) => password);
    if (doubt || this.warnings.some(({ code }) => code === 'at-sign-after-hosts')) return `${this.transport}://***`;
    const credentials = text.slice(0, at).replace(/:(?!\/\/)[^,]*@/g, ':***@');
    return credentials + text.slice(at).replace(/(?<=\?).+/s, (query) => query.replace(/[^&]+/g, hideSecret));
  }

  toJSON(): string {
    return `${this}`;
  }
}

inspectAs(ParsedTransportUrl, (url) => `TransportUrl(${url})`);

function checkCharacters(text: string): void {
  if (typeof text !== 'string') throw new TransportUrlError('NOT_A_STRING', -1, schemeHint);
  const offset = text.search(/[\p{Cc}\p{Cs}]|^ | $/u);
  if (offset < 0) return;
  const character = text.charAt(offset);
  throw new TransportUrlError(
    character === ' ' ? 'SPACE' : character >= '\ud800' ? 'LONE_SURROGATE' : 'CONTROL_CHARACTER',
    offset,
    'Remove it.',
  );
}

/** Nothing between two commas is no host. */
function readHosts(reading: Reading, list: string, start: number): readonly TransportHost[] {
  const hosts: TransportHost[] = [];
  let offset = start;
  for (const item of list.split(',')) {
    if (item) hosts.push(readHost(reading, item, offset));
    offset += item.length + 1;
  }
  if (hosts[1]) {
    if (new Set(hosts.map(({ username }) => username === undefined)).size > 1) {
      complain(reading, 'MIXED_CREDENTIALS', start);
    }
    // Clients that know one host take the last one, and all that is before it for credentials.
    if (reading.dialect === 'rabbitmq') warn(reading, 'host-list', start);
  }
  return Object.freeze(hosts);
}

function readHost(reading: Reading, item: string, offset: number): TransportHost {
  const at = item.lastIndexOf('@');
  const first = item.indexOf('@');
  if (first < at) warn(reading, 'raw-at-sign', offset + first);
  const start = at + 1;
  const lastColon = item.lastIndexOf(':');
  const portColon = lastColon > Math.max(at, item.lastIndexOf(']')) ? lastColon : item.length;
  const firstColon = item.indexOf(':');
  const userEnd = firstColon < 0 || firstColon > at ? at : firstColon;
  return Object.freeze({
    hostname:
      start < item.length ? readHostname(item.slice(start, portColon), offset + start, reading.dialect) : undefined,
    port: readPort(item.slice(portColon + 1), offset + portColon + 1, reading.dialect),
    username: at < 0 ? undefined : decode(reading, item.slice(0, userEnd), offset),
    password: userEnd < at ? new Secret(decode(reading, item.slice(userEnd + 1, at), offset + userEnd + 1)) : undefined,
  });
}

/** `&` alone separates, `+` is a space, a name alone has an empty value. */
function readQuery(reading: Reading, text: string, start: number): Map<string, string> {
  const query = new Map<string, string>();
  let offset = start;
  for (const pair of text.replaceAll('+', ' ').split('&')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s).map((part) => decode(reading, part, offset));
    const before = query.get(name);
    if (!pair) {
      // Nothing between two ampersands is no parameter.
    } else if (!value && reading.dialect === 'oslo') {
      warn(reading, 'empty-parameter-dropped', offset, 'Remove it.');
    } else if (before !== undefined && name !== 'auth_mechanism' && reading.dialect === 'rabbitmq') {
      throw new TransportUrlError('DUPLICATE_PARAMETER', offset, 'Remove it.');
    } else {
      query.set(name, before === undefined ? value : `${before},${value}`);
    }
    offset += pair.length + 1;
  }
  return query;
}

function decode(reading: Reading, text: string, offset: number): string {
  return percentDecode(text, () => complain(reading, 'BAD_ESCAPE', offset));
}

/** What is an error in RabbitMQ's dialect and a warning in oslo's. */
function complain(reading: Reading, problem: 'BAD_ESCAPE' | 'FRAGMENT' | 'MIXED_CREDENTIALS', offset: number): void {
  if (reading.dialect === 'rabbitmq') throw new TransportUrlError(problem, offset);
  warn(reading, problem.toLowerCase().replace('_', '-') as UrlWarningCode, offset);
}

function warn({ warnings }: Reading, code: UrlWarningCode, offset: number, hint?: string): void {
  warnings.push(Object.freeze({ code, offset, message: describe(code, offset, hint) }));
}
