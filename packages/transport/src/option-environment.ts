import { InvalidArgumentError } from './errors.js';
import type { IgnoredOption } from './ignored-option.js';
import { nearestName } from './nearest-name.js';
import type { Kind } from './option-kinds.js';

const PREFIX = 'LEVERET_';

/** `heartbeatMs` is set by `LEVERET_HEARTBEAT_MS`. */
export function environmentName(option: string): string {
  return `${PREFIX}${option
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/\./g, '_')
    .toUpperCase()}`;
}

/**
 * What the environment says of the options in `rows`. An empty variable says nothing; one that is nearly an option's, or
 * an option's that only code can say, is told.
 * @throws InvalidArgumentError that names the variable, and never says its value: that may be a secret.
 */
export function readEnvironment(
  rows: Readonly<Record<string, { readonly kind: Kind<unknown> }>>,
  environment: Readonly<Record<string, string | undefined>>,
  ignored: (option: IgnoredOption) => void,
): Record<string, unknown> {
  const options = new Map(
    Object.entries(rows).map(([option, { kind }]) => [environmentName(option), { option, kind }]),
  );
  const found: Record<string, unknown> = {};
  for (const [variable, words] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX) || words === undefined || words === '') continue;
    const known = options.get(variable);
    if (known === undefined) {
      const meant = nearestName(variable.slice(PREFIX.length), unprefixed(options.keys()));
      if (meant !== undefined) {
        ignored({ option: variable, reason: `there is no such option; did you mean ${PREFIX}${meant}?` });
      }
      continue;
    }
    const { option, kind } = known;
    if (kind.parse === undefined) {
      ignored({ option: variable, reason: `only code can say ${option}` });
      continue;
    }
    const value = kind.parse(words);
    if (value === undefined) {
      throw new InvalidArgumentError(`The environment variable ${variable} must be ${kind.description}.`);
    }
    found[option] = value;
  }
  return found;
}

function unprefixed(variables: Iterable<string>): string[] {
  return Array.from(variables, (variable) => variable.slice(PREFIX.length));
}
