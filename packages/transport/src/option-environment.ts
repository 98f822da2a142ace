import { InvalidArgumentError } from './errors.js';
import type { Kind } from './option-kinds.js';

/** `heartbeatMs` is set by `LEVERET_HEARTBEAT_MS`. */
export function environmentName(option: string): string {
  return `LEVERET_${option
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/\./g, '_')
    .toUpperCase()}`;
}

/**
 * What the environment says of the options in `rows`. An empty variable says nothing.
 * @throws InvalidArgumentError that names the variable, and never says its value: that may be a secret.
 */
export function readEnvironment(
  rows: Readonly<Record<string, { readonly kind: Kind<unknown> }>>,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [option, { kind }] of Object.entries(rows)) {
    if (kind.parse === undefined) continue;
    const variable = environmentName(option);
    const words = environment[variable];
    if (words === undefined || words === '') continue;
    const value = kind.parse(words);
    if (value === undefined) {
      throw new InvalidArgumentError(`The environment variable ${variable} must be ${kind.description}.`);
    }
    found[option] = value;
  }
  return found;
}
