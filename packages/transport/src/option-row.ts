import type { AmqpParameters } from '@leveret/url/rabbitmq';
import type { Kind } from './option-kinds.js';
import type { OsloName, OsloValue, OsloValues } from './oslo-options.js';

/** All there is to know about one option. */
export interface OptionRow<T> {
  readonly kind: Kind<NonNullable<T>>;
  /** Undefined: there is none, and `means` says what then happens. */
  readonly default: T;
  /** The default for readers, where the value itself says nothing. */
  readonly defaultText?: string;
  /** What it does, for the README. */
  readonly means: string;
  /** The options of oslo_messaging_rabbit that set it, and to what. */
  readonly oslo?: Setting<OsloName, OsloValues, NonNullable<T>>;
  /** RabbitMQ's URI query parameters that set it, and to what. */
  readonly rabbitmq?: Setting<string, AmqpParameters, NonNullable<T>>;
}

/** How an option is set under other names. */
export interface Setting<Name, Given, T> {
  readonly names: readonly Name[];
  /** The value, undefined if none of the names is given. */
  value(given: Given): T | undefined;
}

/** One of oslo's options that says the same. */
export function same<Name extends OsloName>(name: Name): Setting<OsloName, OsloValues, OsloValue<Name>> {
  return { names: [name], value: (given) => given[name] };
}

/** One of oslo's options in seconds. */
export function inSeconds(name: NumberName): Setting<OsloName, OsloValues, number> {
  return { names: [name], value: (given) => times(given[name], 1000) };
}

type NumberName = { [Name in OsloName]-?: OsloValue<Name> extends number ? Name : never }[OsloName];

/** One of RabbitMQ's parameters. */
export function parameter<T>(
  name: string,
  value: (parameters: AmqpParameters) => T | undefined,
): Setting<string, AmqpParameters, T> {
  return { names: [name], value };
}

export function times(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}
