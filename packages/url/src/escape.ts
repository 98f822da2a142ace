/**
 * Decodes percent-escapes as UTF-8. As Python's `unquote`: an escape that is none stays as it is, bytes that are no
 * UTF-8 become U+FFFD, and `+` is a plus. `malformed` is called once if there is any of that.
 */
export function percentDecode(text: string, malformed?: () => void): string {
  if (!text.includes('%')) return text;
  return text.replace(/(%[\da-f]{2})+|%/gi, (run) => {
    try {
      // An exception for each % would make a long run of them slow.
      if (run !== '%') return decodeURIComponent(run);
    } catch {
      const bytes = Uint8Array.from(run.slice(1).split('%'), (hex) => Number(`0x${hex}`));
      // A byte order mark in a password is a part of the password.
      run = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    }
    malformed?.();
    malformed = undefined;
    return run;
  });
}

/** Percent-encodes all but RFC 3986's unreserved characters, as Python's `quote` with nothing declared safe. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}
