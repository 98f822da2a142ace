/** May be in what users install: they ask for no more than to be named. */
export const forUsers: ReadonlySet<string> = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
]);

/** May also be in what only builds and tests, and so is never passed on. */
export const forTools: ReadonlySet<string> = new Set([
  ...forUsers,
  'BlueOak-1.0.0',
  'MPL-2.0',
  'Python-2.0',
  'Unlicense',
  'WTFPL',
]);

/**
 * Whether an SPDX expression can be met with these licences: one of an `OR`, all of an `AND`. What is no such expression,
 * `SEE LICENSE IN …` or nothing, cannot.
 */
export function isAllowed(expression: string | undefined, allowed: ReadonlySet<string>): boolean {
  if (expression === undefined) return false;
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const either = (): boolean => {
    let met = both();
    while (tokens[at] === 'OR') {
      at += 1;
      met = both() || met;
    }
    return met;
  };
  const both = (): boolean => {
    let met = one();
    while (tokens[at] === 'AND') {
      at += 1;
      met = one() && met;
    }
    return met;
  };
  const one = (): boolean => {
    const token = tokens[at] ?? '';
    at += 1;
    if (token !== '(') return allowed.has(token);
    const met = either();
    const closed = tokens[at] === ')';
    at += 1;
    return met && closed;
  };
  return either() && at === tokens.length;
}
