import { percentEncode } from './escape.js';
import type { TransportHost, TransportUrl, TransportUrlParts } from './transport-url.js';

/** What becomes of the secrets. There is no default: whoever writes passwords out says so. */
export interface FormatOptions {
  /** `include`: the URL that parses back to the same parts. `redact`: the one for logs, with `***` for secrets. */
  readonly secrets: 'include' | 'redact';
}

/**
 * Writes a URL in its own dialect. With `secrets: 'include'` it is the inverse of parseTransportUrl: what is absent
 * stays absent and what is empty stays empty. (oslo's `str()` loses that: it writes a slash after every host list.)
 */
export function formatTransportUrl(url: TransportUrl, { secrets }: FormatOptions): string {
  if (secrets === 'redact') return String(url);
  if (secrets === 'include') return writeUrl(url);
  throw new TypeError("formatTransportUrl needs { secrets: 'include' } or { secrets: 'redact' }.");
}

/** The text of the parts, secrets included. */
export function writeUrl({ transport, dialect, hosts, virtualHost, query }: TransportUrlParts): string {
  const list = hosts.map((host) => writeHost(host, dialect === 'rabbitmq')).join(',');
  const path = virtualHost === undefined ? '' : `/${percentEncode(virtualHost)}`;
  const pairs = Array.from(query, (pair) => pair.map(percentEncode).join('='))
    .join('&')
    .replaceAll('%20', '+');
  return `${transport}://${list}${path}${pairs && `?${pairs}`}`;
}

function writeHost({ hostname, port, username, password }: TransportHost, encode: boolean): string {
  const secret = password ? `:${percentEncode(password.reveal())}` : '';
  const credentials = username === undefined && secret === '' ? '' : `${percentEncode(username ?? '')}${secret}@`;
  // An item of nothing would be skipped, and `u@` would turn an empty hostname into an absent one.
  const nothing = !hostname && (hostname === '' || credentials === '');
  return credentials + writeHostname(hostname ?? '', encode) + (port === undefined ? (nothing ? ':' : '') : `:${port}`);
}

function writeHostname(hostname: string, encode: boolean): string {
  if (!hostname.includes(':')) return encode ? percentEncode(hostname) : hostname;
  return `[${encode ? hostname.replace(/%(.*)/, (_, zone: string) => `%25${percentEncode(zone)}`) : hostname}]`;
}
