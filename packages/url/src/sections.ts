import { TransportUrlError } from './errors.js';
import type { Dialect } from './transport-url.js';

/** From one offset of the text up to another. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The text cut up, nothing decoded. */
export interface Sections {
  readonly authority: Span;
  /** What follows the first slash after the authority; undefined where there is none. */
  readonly path: Span | undefined;
  readonly query: Span;
  /** Where a fragment begins. */
  readonly fragment: number | undefined;
  /** Where an @ stands after an authority that has its own. */
  readonly atSign: number | undefined;
}

const schemeHint = 'Begin with rabbit://, amqp:// or amqps://.';

/** The scheme, in lower case, and where it ends. Checks first that all of the text can be a URL. */
export function readScheme(text: string): { readonly transport: string; readonly end: number } {
  if (typeof text !== 'string') {
    throw new TransportUrlError('ERR_LEVERET_URL_NOT_A_STRING', 'The transport URL is not a string', {
      hint: schemeHint,
    });
  }
  checkCharacters(text);
  const end = text.indexOf(':');
  const scheme = text.slice(0, Math.max(end, 0));
  if (!isScheme(scheme)) {
    throw new TransportUrlError('ERR_LEVERET_URL_NO_SCHEME', 'The transport URL has no scheme', {
      offset: 0,
      hint: schemeHint,
    });
  }
  return { transport: scheme.toLowerCase(), end };
}

/** Whether the text can stand before `://` (RFC 3986, section 3.1). */
export function isScheme(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*$/i.test(text);
}

/** Cuts up what follows the scheme. oslo's dialect also has URLs with no authority: `fake:`, `rabbit:/vhost`. */
export function sectionsOf(text: string, schemeEnd: number, dialect: Dialect): Sections {
  const slashes = text.startsWith('//', schemeEnd + 1);
  const start = schemeEnd + (slashes ? 3 : 1);
  const authorityEnd = slashes ? firstOf(text, '/?#', start) : start;
  if (!slashes && (dialect === 'rabbitmq' || !(start === text.length || '/?#'.includes(text.charAt(start))))) {
    throw new TransportUrlError('ERR_LEVERET_URL_NO_AUTHORITY', 'No // follows the scheme of the transport URL', {
      offset: start,
      hint: schemeHint,
    });
  }
  const atSign = findAtSign(text, start, authorityEnd);
  const fragment = text.indexOf('#', authorityEnd);
  if (fragment !== -1 && dialect === 'rabbitmq') {
    throw new TransportUrlError('ERR_LEVERET_URL_FRAGMENT', 'The transport URL has a raw # in it', {
      offset: fragment,
      hint: 'Write a # as %23.',
    });
  }
  const end = fragment === -1 ? text.length : fragment;
  const pathEnd = Math.min(firstOf(text, '?', authorityEnd), end);
  return {
    authority: { start, end: authorityEnd },
    path: text[authorityEnd] === '/' ? { start: authorityEnd + 1, end: pathEnd } : undefined,
    query: { start: Math.min(pathEnd + 1, end), end },
    fragment: fragment === -1 ? undefined : fragment,
    atSign,
  };
}

/**
 * An @ after an authority whose last host has none says that the authority ended inside a username or a password:
 * `rabbit://user:12/34@host/vh` is no host `user` with the port 12. Python connects there.
 */
function findAtSign(text: string, start: number, authorityEnd: number): number | undefined {
  const at = text.indexOf('@', authorityEnd);
  if (at === -1) return undefined;
  const authority = text.slice(start, authorityEnd);
  if (authority.includes('@', authority.lastIndexOf(',') + 1)) return at;
  throw new TransportUrlError('ERR_LEVERET_URL_RAW_DELIMITER', 'The hosts end before an @', {
    offset: authorityEnd,
    hint: 'In a username or password write / as %2F, ? as %3F and # as %23. After the hosts write @ as %40.',
  });
}

function checkCharacters(text: string): void {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 32 || code === 127) {
      throw new TransportUrlError('ERR_LEVERET_URL_CONTROL_CHARACTER', 'The transport URL has a control character', {
        offset: i,
        hint: 'Look for a line break or a tab, and remove it.',
      });
    }
    if (code < 0xd800 || code > 0xdfff) continue;
    const next = text.charCodeAt(i + 1);
    if (code > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) {
      throw new TransportUrlError('ERR_LEVERET_URL_LONE_SURROGATE', 'The transport URL has half a character', {
        offset: i,
      });
    }
    i++;
  }
  const space = text.startsWith(' ') ? 0 : text.endsWith(' ') ? text.length - 1 : -1;
  if (space !== -1) {
    throw new TransportUrlError('ERR_LEVERET_URL_SPACE', 'A space stands before or after the transport URL', {
      offset: space,
      hint: 'Remove it, or write one that counts as %20.',
    });
  }
}

function firstOf(text: string, characters: string, from: number): number {
  let at = from;
  while (at < text.length && !characters.includes(text.charAt(at))) at++;
  return at;
}
