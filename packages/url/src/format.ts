import { percentEncode } from './escape.js';
import { redact } from './redact.js';
import type { Secret } from './secret.js';
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
export function formatTransportUrl(url: TransportUrl, options: FormatOptions): string {
  switch (options.secrets) {
    case 'include':
      return writeUrl(url);
    case 'redact':
      // Where the grammar sees hosts and an @ after them, there may be a password with a raw slash in it.
      if (url.warnings.some(({ code }) => code === 'at-sign-after-hosts')) return `${url.transport}://***`;
      return redact(writeUrl(url));
    default:
      throw new TypeError("formatTransportUrl needs { secrets: 'include' } or { secrets: 'redact' }.");
  }
}

/** The text of the parts, secrets included. */
export function writeUrl(url: Omit<TransportUrlParts, 'warnings'>): string {
  const path = url.virtualHost === undefined ? '' : `/${percentEncode(url.virtualHost)}`;
  const hosts = url.hosts.map((host) => writeHost(host, url.dialect === 'rabbitmq')).join(',');
  const query = Array.from(url.query, ([name, value]) => `${encodeForm(name)}=${encodeForm(value)}`).join('&');
  return `${url.transport}://${hosts}${path}${query === '' ? '' : `?${query}`}`;
}

function writeHost({ hostname, port, username, password }: TransportHost, encodeHost: boolean): string {
  const credentials = writeCredentials(username, password);
  const address = writeHostname(hostname ?? '', encodeHost) + (port === undefined ? '' : `:${port}`);
  // An item of nothing would be skipped, and `u@` would turn an empty hostname into an absent one.
  const colon = address === '' && (hostname !== undefined || credentials === '') ? ':' : '';
  return credentials + address + colon;
}

function writeCredentials(username: string | undefined, password: Secret | undefined): string {
  if (username === undefined && password === undefined) return '';
  return `${percentEncode(username ?? '')}${password === undefined ? '' : `:${percentEncode(password.reveal())}`}@`;
}

function writeHostname(hostname: string, encode: boolean): string {
  if (!hostname.includes(':')) return encode ? percentEncode(hostname) : hostname;
  const zone = hostname.indexOf('%');
  if (zone === -1 || !encode) return `[${hostname}]`;
  return `[${hostname.slice(0, zone)}%25${percentEncode(hostname.slice(zone + 1))}]`;
}

function encodeForm(text: string): string {
  return percentEncode(text).replaceAll('%20', '+');
}
