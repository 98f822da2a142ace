import { isHost } from './address.js';
import { TransportUrlError } from './errors.js';
import { percentDecode } from './escape.js';
import { writeUrl } from './format.js';
import { parseTransportUrl } from './parse.js';
import { Secret } from './secret.js';
import { isScheme } from './sections.js';
import type { Dialect, TransportHost, TransportUrl } from './transport-url.js';

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
  const { transport, virtualHost } = init;
  if (typeof transport !== 'string' || !isScheme(transport)) {
    throw new TransportUrlError('ERR_LEVERET_URL_NO_SCHEME', 'The transport is no scheme of a URL');
  }
  const { dialect } = parseTransportUrl(`${transport}://`, { dialect: init.dialect });
  const hosts = (init.hosts ?? []).map(readHost);
  return parseTransportUrl(writeUrl({ transport, dialect, hosts, virtualHost, query: init.query ?? [] }), { dialect });
}

function readHost({ hostname, port, username, password }: TransportHostInit): TransportHost {
  // What is written unescaped must not be able to begin another part of the URL.
  if (hostname !== undefined && !isHost(percentDecode(hostname).value)) {
    throw new TransportUrlError('ERR_LEVERET_URL_BAD_HOST', 'A hostname for the transport URL is no host', {
      hint: 'Give a name or an IP address alone, without a port and without brackets.',
    });
  }
  if (port !== undefined && !Number.isInteger(port)) {
    throw new TransportUrlError('ERR_LEVERET_URL_BAD_PORT', 'A port for the transport URL is not a number', {
      hint: 'Give an integer up to 65535.',
    });
  }
  return { hostname, port, username, password: typeof password === 'string' ? new Secret(password) : password };
}
