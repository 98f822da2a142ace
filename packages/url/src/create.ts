import { readHostname } from './address.js';
import { TransportUrlError } from './errors.js';
import { writeUrl } from './format.js';
import { parseTransportUrl } from './parse.js';
import { Secret } from './secret.js';
import type { Dialect, TransportHost, TransportUrl, TransportUrlParts } from './transport-url.js';

/** A host to make a URL of. A password may be given as text; it is a Secret from then on. */
export interface TransportHostInit {
  readonly hostname?: string | undefined;
  /** 1 to 65 535; oslo's dialect also takes 0, and means the default port by it. */
  readonly port?: number | undefined;
  readonly username?: string | undefined;
  readonly password?: string | Secret | undefined;
}

/** The parts to make a URL of, none of them percent-encoded. */
export interface TransportUrlInit {
  readonly transport: string;
  readonly hosts?: readonly TransportHostInit[] | undefined;
  readonly virtualHost?: string | undefined;
  /** Pairs, so that a name can come twice. */
  readonly query?: Iterable<readonly [string, string]> | undefined;
  /** Default: told by the transport, as in parseTransportUrl. */
  readonly dialect?: Dialect | undefined;
}

/**
 * Makes a URL of its parts, so that nobody has to percent-encode a password by hand. The result is what the written URL
 * parses to; so a password without a username has an empty one.
 *
 * @throws TransportUrlError if the parts make no URL. Its offset, if any, is one in the written URL.
 */
export function createTransportUrl(init: TransportUrlInit): TransportUrl {
  const { transport, virtualHost, query = [] } = init;
  if (typeof transport !== 'string' || !/^[a-z][a-z\d+.-]*$/i.test(transport)) {
    throw new TransportUrlError('NO_SCHEME', -1, 'Give a transport alone: rabbit, amqp or amqps.');
  }
  const { dialect } = parseTransportUrl(`${transport}://`, init);
  const hosts = (init.hosts ?? []).map(readHost);
  return parseTransportUrl(write({ transport, dialect, hosts, virtualHost, query }), { dialect });
}

function write(parts: TransportUrlParts): string {
  try {
    return writeUrl(parts);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new TransportUrlError('LONE_SURROGATE', -1, 'Some part has half a character.');
  }
}

function readHost({ hostname, port, username, password }: TransportHostInit): TransportHost {
  // What is written unescaped must not be able to begin another part of the URL.
  if (hostname !== undefined) readHostname(hostname.includes(':') ? `[${hostname}]` : hostname, -1, 'oslo');
  if (port !== undefined && !Number.isInteger(port)) {
    throw new TransportUrlError('BAD_PORT', -1, 'Give an integer up to 65535.');
  }
  return { hostname, port, username, password: typeof password === 'string' ? new Secret(password) : password };
}
