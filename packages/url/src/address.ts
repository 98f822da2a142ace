import { TransportUrlError } from './errors.js';
import { percentDecode } from './escape.js';
import type { Dialect } from './transport-url.js';

/** Reads a port, if there is one. oslo takes 0, and connects to the default port then. */
export function readPort(text: string, offset: number, dialect: Dialect): number | undefined {
  if (!text) return undefined;
  const port = Number(text);
  if (/\D/.test(text) || port > 65_535 || (!port && dialect === 'rabbitmq')) {
    throw new TransportUrlError('BAD_PORT', offset);
  }
  return port;
}

/** Reads a name, or an IPv6 address in brackets: as written in oslo's dialect, decoded in RabbitMQ's. */
export function readHostname(text: string, offset: number, dialect: Dialect): string | undefined {
  if (!/^\[|:/.test(text)) {
    const name = percentDecode(text);
    if (isImpossible(name)) throw new TransportUrlError('BAD_HOST', offset);
    return dialect === 'oslo' ? text : name || undefined;
  }
  const [, address, escaped, zone] = /^\[([\d.:a-f]+)(?:%(25(?=.))?(.*))?]$/i.exec(text) ?? [];
  const decoded = percentDecode(zone ?? 'any');
  if (!URL.canParse(`ftp://[${address}]`) || !decoded || isImpossible(decoded)) {
    throw new TransportUrlError('BAD_IPV6', offset, 'Write [::1].');
  }
  if (dialect === 'oslo' || !zone) return text.slice(1, -1);
  // RFC 6874: the percent sign before the zone is itself escaped.
  if (!escaped) throw new TransportUrlError('BAD_ESCAPE', offset);
  return `${address}%${decoded}`;
}

/** Whether a decoded name can be no host. U+FFFD stands for bytes that are no text. */
function isImpossible(name: string): boolean {
  return /[\0- "#%,/:;<>?@[-^`{|}\x7f-\xa0\ufffd]/.test(name);
}
