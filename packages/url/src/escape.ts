import { TransportUrlError } from './errors.js';

/** Text after percent-decoding; `wellFormed` is false where an escape was kept as it stood or became U+FFFD. */
export interface Decoded {
  readonly value: string;
  readonly wellFormed: boolean;
}

/**
 * Decodes percent-escapes as UTF-8. As Python's `unquote`: an escape that is none stays as it is, bytes that are no
 * UTF-8 become U+FFFD, and `+` is a plus.
 */
export function percentDecode(text: string): Decoded {
  let at = text.indexOf('%');
  if (at === -1) return { value: text, wellFormed: true };
  let value = '';
  let wellFormed = true;
  let kept = 0;
  while (at !== -1) {
    let end = at;
    while (isEscape(text, end)) end += 3;
    if (end === at) {
      wellFormed = false;
      end = at + 1;
    } else {
      const run = decodeRun(text.slice(at, end));
      value += text.slice(kept, at) + run.value;
      wellFormed &&= run.wellFormed;
      kept = end;
    }
    at = text.indexOf('%', end);
  }
  return { value: value + text.slice(kept), wellFormed };
}

/** Percent-encodes all but RFC 3986's unreserved characters, as Python's `quote` with nothing declared safe. */
export function percentEncode(text: string): string {
  return encodeUtf8(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

function encodeUtf8(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    const problem = 'A part of the transport URL has half a character (a lone surrogate)';
    throw new TransportUrlError('ERR_LEVERET_URL_LONE_SURROGATE', problem);
  }
}

function decodeRun(run: string): Decoded {
  try {
    return { value: decodeURIComponent(run), wellFormed: true };
  } catch {
    const bytes = new Uint8Array(run.length / 3);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(run.slice(3 * i + 1, 3 * i + 3), 16);
    // A byte order mark in a password is a part of the password.
    return { value: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), wellFormed: false };
  }
}

function isEscape(text: string, at: number): boolean {
  return text[at] === '%' && isHex(text.charCodeAt(at + 1)) && isHex(text.charCodeAt(at + 2));
}

function isHex(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
}
