import { hideSecret } from './hide-secret.js';

/**
 * Hides the credentials of every URL in a text, for logs: passwords of all hosts, and values of secret-like query
 * parameters, become `***`.
 *
 * Total: any text is fine, broken URLs included. Linear in its length. Idempotent. In doubt it hides too much: where a
 * line leaves open which @ ends a password, all up to the last one goes. A text without `://` comes back as it is.
 */
export function redact(text: string): string {
  return text.includes('://') ? split(text, '\n', (lines) => split(lines, '\r', redactLine)) : text;
}

// Not by a regular expression that knows both marks: on a text of short lines that takes longer than all the rest.
function split(text: string, mark: string, change: (piece: string) => string): string {
  return text.includes(mark) ? text.split(mark).map(change).join(mark) : change(text);
}

function redactLine(line: string): string {
  let mark = line.indexOf('://');
  if (mark === -1) return line;
  const lastAt = line.lastIndexOf('@');
  let result = line.slice(0, mark);
  while (mark !== -1) {
    const { separator, nextMark } = nextUrl(line, mark + 3, lastAt);
    const between = line.slice(separator, nextMark === -1 ? line.length : nextMark);
    result += `://${redactAfterScheme(line.slice(mark + 3, separator))}${between}`;
    mark = nextMark;
  }
  return result;
}

/** The next URL on the line. A `://` begins one only after a separator and a scheme, and not before the first @. */
function nextUrl(
  line: string,
  start: number,
  lastAt: number,
): { readonly separator: number; readonly nextMark: number } {
  // Without lastAt, a line of many URLs and no @ would be searched to its end for each of them.
  let from = start <= lastAt ? line.indexOf('@', start) : start;
  let mark = line.indexOf('://', from);
  while (mark !== -1) {
    let scheme = mark;
    while (scheme > from && isSchemeCharacter(line.charAt(scheme - 1))) scheme--;
    if (scheme > from && scheme < mark && separators.includes(line.charAt(scheme - 1))) {
      return { separator: scheme - 1, nextMark: mark };
    }
    from = mark;
    mark = line.indexOf('://', mark + 3);
  }
  return { separator: line.length, nextMark: -1 };
}

const separators = ' \t;,"\'<(|';

function isSchemeCharacter(character: string): boolean {
  return /[a-z0-9+.-]/i.test(character);
}

function redactAfterScheme(text: string): string {
  const lastAt = text.lastIndexOf('@');
  if (lastAt === -1) return redactRest(text);
  const before = text.slice(0, lastAt);
  // An @ in a query: what follows it may be the end of a secret too.
  if (/[?#]/.test(before)) return '***@***';
  return `${/[/\s]/.test(before) ? '***' : redactCredentials(before)}@${redactRest(text.slice(lastAt + 1))}`;
}

/** All up to the last @ of a clean authority: `u:p`, or `u:p@h1:5672,u2:p2`. */
function redactCredentials(text: string): string {
  const items = text.split(',');
  const last = items.pop() ?? '';
  if (items.length === 0) return hidePassword(last);
  // An item without credentials of its own may be a piece of a password with a comma in it.
  if (!last.includes(':') || !items.every((item) => item.slice(0, item.lastIndexOf('@') + 1).includes(':')))
    return '***';
  return [...items.map(redactItem), hidePassword(last)].join(',');
}

function redactItem(item: string): string {
  const at = item.lastIndexOf('@');
  return `${hidePassword(item.slice(0, at))}@${hidePort(item.slice(at + 1))}`;
}

function hidePassword(credentials: string): string {
  const colon = credentials.indexOf(':');
  const username = colon === -1 ? credentials : credentials.slice(0, colon);
  if (username.includes('@')) return '***';
  return colon === -1 ? username : `${username}:***`;
}

/** What follows the last @: hosts, path and query. */
function redactRest(text: string): string {
  const end = text.search(/[/?#\s]/);
  const authority = end === -1 ? text : text.slice(0, end);
  const hosts = authority.split(',').map(hidePort).join(',');
  // A port that is none is a password that was cut short, and what follows may be the rest of it.
  if (hosts.includes('***')) return hosts;
  return authority + redactQuery(end === -1 ? '' : text.slice(end));
}

function hidePort(address: string): string {
  const bracket = address[0] === '[' ? address.indexOf(']') : -1;
  const colon = address.indexOf(':', bracket + 1);
  if (colon === -1 || /^[0-9]*$/.test(address.slice(colon + 1))) return address;
  return `${address.slice(0, colon)}:***`;
}

function redactQuery(text: string): string {
  const mark = text.indexOf('?');
  if (mark === -1) return text;
  const pairs = text
    .slice(mark + 1)
    .split('&')
    .map(hideSecret);
  return `${text.slice(0, mark)}?${pairs.join('&')}`;
}
