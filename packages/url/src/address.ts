import { TransportUrlError } from './errors.js';
import { percentDecode } from './escape.js';
import { isIpv6 } from './ipv6.js';
import type { Dialect } from './transport-url.js';

/** A host and a port as written. */
export interface Address {
  readonly hostname: string | undefined;
  readonly port: number | undefined;
}

const portHint =
  'A port is digits, up to 65535. In a username or password write , as %2C, : as %3A, / as %2F, ? as %3F, # as %23.';
const ipv6Hint = 'Write an IPv6 address in brackets, and its port after them: [::1]:5672.';
const hostHint =
  'Hosts are separated by commas, with no spaces. In a username or password write @ as %40 and , as %2C.';

/** Reads `host`, `host:port`, `[ipv6]` or `[ipv6]:port`, which begins at the offset of the whole text. */
export function parseAddress(text: string, offset: number, dialect: Dialect): Address {
  if (text === '') return { hostname: undefined, port: undefined };
  if (text[0] === '[') return parseBracketed(text, offset, dialect);
  const colon = text.indexOf(':');
  if (colon !== text.lastIndexOf(':')) {
    throw new TransportUrlError('ERR_LEVERET_URL_BAD_IPV6', 'A host of the transport URL has more than one colon', {
      offset,
      hint: ipv6Hint,
    });
  }
  const raw = colon === -1 ? text : text.slice(0, colon);
  const port = colon === -1 ? undefined : parsePort(text.slice(colon + 1), offset + colon + 1, dialect);
  const { value, wellFormed } = percentDecode(raw);
  if (!wellFormed || !isHostname(value)) throw badHost(offset);
  if (dialect === 'oslo') return { hostname: raw, port };
  return { hostname: value === '' ? undefined : value, port };
}

/** The name to resolve: escapes decoded and in lower case, but for the zone of an IPv6 address. As kombu does it. */
export function effectiveHostname({ hostname, dialect }: { hostname: string; dialect: Dialect }): string {
  if (!hostname.includes(':')) return (dialect === 'oslo' ? percentDecode(hostname).value : hostname).toLowerCase();
  const percent = hostname.indexOf('%');
  if (percent === -1) return hostname.toLowerCase();
  const zone = hostname.slice(percent + 1);
  return `${hostname.slice(0, percent).toLowerCase()}%${dialect === 'oslo' ? decodeZone(zone) : zone}`;
}

/** Whether the text, decoded, can be a host: a name or an IPv6 address with or without a zone. May be empty. */
export function isHost(text: string): boolean {
  if (!text.includes(':')) return isHostname(text);
  const percent = text.indexOf('%');
  if (percent === -1) return isIpv6(text);
  return isIpv6(text.slice(0, percent)) && isZone(decodeZone(text.slice(percent + 1)));
}

function parseBracketed(text: string, offset: number, dialect: Dialect): Address {
  const close = text.indexOf(']');
  const inside = text.slice(1, close);
  const wrong = (problem: string): TransportUrlError =>
    new TransportUrlError('ERR_LEVERET_URL_BAD_IPV6', problem, { offset, hint: ipv6Hint });
  if (close === -1) throw wrong('A bracket of the transport URL is not closed');
  if (!inside.includes(':') || !isHost(inside)) throw wrong('What stands in brackets is not an IPv6 address');
  const rest = text.slice(close + 1);
  if (rest !== '' && rest[0] !== ':') throw wrong('Something other than a port follows an IPv6 address');
  const port = rest === '' ? undefined : parsePort(rest.slice(1), offset + close + 2, dialect);
  const percent = inside.indexOf('%');
  if (dialect === 'oslo' || percent === -1) return { hostname: inside, port };
  // RFC 6874: the percent sign before the zone is itself escaped.
  const zone = percentDecode(inside.slice(percent));
  if (!zone.wellFormed || zone.value[0] !== '%' || zone.value.length < 2) {
    throw new TransportUrlError('ERR_LEVERET_URL_BAD_ESCAPE', 'The zone of an IPv6 address is not escaped', {
      offset,
      hint: 'Write the % before the zone as %25: [fe80::1%25eth0].',
    });
  }
  return { hostname: inside.slice(0, percent) + zone.value, port };
}

/** An empty port is an absent one (RFC 3986, section 3.2.3). oslo takes 0, and connects to the default port then. */
function parsePort(text: string, offset: number, dialect: Dialect): number | undefined {
  if (text === '') return undefined;
  const port = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535 && (port > 0 || dialect === 'oslo')) return port;
  throw new TransportUrlError('ERR_LEVERET_URL_BAD_PORT', 'A port of the transport URL is not a port number', {
    offset,
    hint: portHint,
  });
}

function isHostname(text: string): boolean {
  for (const character of text) {
    if (character <= ' ' || (character >= '\x7f' && character <= '\xa0')) return false;
    if ('"#%,/:;<>?@[\\]^`{|}'.includes(character)) return false;
  }
  return true;
}

function isZone(zone: string): boolean {
  return zone !== '' && isHostname(zone);
}

function decodeZone(zone: string): string {
  return zone.startsWith('25') && zone.length > 2 ? percentDecode(zone.slice(2)).value : zone;
}

function badHost(offset: number): TransportUrlError {
  return new TransportUrlError('ERR_LEVERET_URL_BAD_HOST', 'A host of the transport URL has a character no host has', {
    offset,
    hint: hostHint,
  });
}
