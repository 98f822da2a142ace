import { UsageError } from './usage.js';

/**
 * Reads users as NAME:PASSWORD; a password may hold colons. Of two with one name the later counts.
 * Throws a UsageError that tells the place and never the text, which may be a password.
 */
export function parseUsers(texts: readonly string[], source: string): Readonly<Record<string, string>> {
  const users = texts.map((text, index): [string, string] => {
    const colon = text.indexOf(':');
    if (colon < 1) throw new UsageError(`${source} takes NAME:PASSWORD; number ${index + 1} is not of that form.`);
    return [text.slice(0, colon), text.slice(colon + 1)];
  });
  return Object.fromEntries(users);
}

/** The same from one text, separated by white space. */
export function parseUserList(text: string, source: string): Readonly<Record<string, string>> {
  return parseUsers(text.split(/\s+/).filter(Boolean), source);
}
