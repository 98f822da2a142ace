/** oslo.config's booleans: true, 1, yes, on and false, 0, no, off in any case; undefined for anything else. */
export function parseBoolean(text: string): boolean | undefined {
  return isTrue(text) || (/^(false|0|no|off)$/i.test(text) ? false : undefined);
}

/** Whether the text is one of oslo.config's words for true; absent, it is none. */
export function isTrue(text: string | undefined): boolean {
  return /^(true|1|yes|on)$/i.test(`${text}`);
}
