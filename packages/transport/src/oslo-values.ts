import { InvalidArgumentError } from './errors.js';
import { suggestion } from './option-suggestion.js';
import { OSLO_OPTIONS, type OsloName, type OsloRow, type OsloValues } from './oslo-options.js';

/** The name an option has, by every name it may be given under. */
const NAMES: ReadonlyMap<string, OsloName> = new Map(
  (Object.entries(OSLO_OPTIONS) as [OsloName, OsloRow][]).flatMap(([name, { aliases = [] }]) =>
    [name, ...aliases].map((each) => [each, name] as const),
  ),
);

/** oslo's options with their values, as a configuration file, a program or the query of a URL has them. */
export interface GivenOslo {
  /** Whose they are, before a name at the start of a sentence. */
  readonly label: string;
  readonly values: Iterable<readonly [string, unknown]>;
  /** A stranger's name in a URL may be a piece of a password, and is not repeated. */
  readonly inUrl: boolean;
}

/**
 * The values of oslo's options, checked; what is empty is not given.
 * @throws InvalidArgumentError for a name that is none of oslo's, and a value that is none of its option's.
 */
export function readOslo({ label, values, inUrl }: GivenOslo): OsloValues {
  const found: Record<string, unknown> = {};
  for (const [given, value] of values) {
    const name = NAMES.get(given);
    if (name === undefined) throw unknownName(given, inUrl);
    if (value === undefined || value === null || value === '') continue;
    const { kind } = OSLO_OPTIONS[name];
    const read = typeof value === 'string' ? kind.parse?.(value) : kind.check(value);
    if (read === undefined) {
      const got = typeof value === 'number' ? `, got ${value}` : '';
      throw new InvalidArgumentError(`${label}${given} must be ${kind.description}${got}.`);
    }
    found[name] = read;
  }
  return found as OsloValues;
}

function unknownName(given: string, inUrl: boolean): InvalidArgumentError {
  const what = inUrl ? 'A parameter of the URL' : `'${given}'`;
  const meant = suggestion(given, 'oslo');
  const rest = meant === undefined ? `there are ${Object.keys(OSLO_OPTIONS).join(', ')}.` : `did you mean ${meant}?`;
  return new InvalidArgumentError(`${what} is no option of oslo_messaging_rabbit; ${rest}`);
}
