/**
 * Hides the value of a `name=value` whose name says that it may be a secret, or has an escape in it: `p%61ss` is `pass`.
 * It looks up to the last =, for where a semicolon was meant to separate.
 */
export function hideSecret(pair: string): string {
  const names = pair.slice(0, pair.lastIndexOf('='));
  return secretNames.test(names) ? pair.replace(/=.*/s, '=***') : pair;
}

const secretNames = /%|pass|pwd|secret|token|credential|(api|access|private)_?key/i;
