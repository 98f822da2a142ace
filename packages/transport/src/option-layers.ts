import type { TransportUrl } from '@leveret/url';
import { amqpParameterNames, amqpParameters } from '@leveret/url/rabbitmq';
import { InvalidArgumentError } from './errors.js';
import type { IgnoredOption } from './ignored-option.js';
import { isObject } from './option-kinds.js';
import type { Setting } from './option-row.js';
import { suggestion } from './option-suggestion.js';
import { ALL_ROWS } from './option-table.js';
import { OSLO_OPTIONS, type OsloName } from './oslo-options.js';
import { readOslo } from './oslo-values.js';
import { RABBITMQ_NO_EFFECT } from './rabbitmq-parameters.js';

/** What one place says of the options, by the names of their rows; each value is checked. */
export type OptionLayer = Readonly<Record<string, unknown>>;

/** The options of a program. @throws InvalidArgumentError */
export function codeLayer(options: object, group = ''): OptionLayer {
  const what = group === '' ? 'The options of a transport' : group.slice(0, -1);
  if (!isObject(options)) throw new InvalidArgumentError(`${what} must be an object.`);
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    const row = Object.hasOwn(ALL_ROWS, `${group}${name}`) ? ALL_ROWS[`${group}${name}`] : undefined;
    if (row === undefined || name.includes('.')) throw unknownOption(`${group}${name}`);
    if (value === undefined) continue;
    const checked = row.kind.check(value);
    if (checked === undefined) {
      throw new InvalidArgumentError(`${group}${name} must be ${row.kind.description}${shown(value)}.`);
    }
    if (`${group}${name}` === 'entities') Object.assign(values, codeLayer(checked as object, 'entities.'));
    else values[`${group}${name}`] = checked;
  }
  return values;
}

/**
 * What oslo's options say, those in `oslo` before those in the query of a `rabbit:` URL.
 * @throws InvalidArgumentError
 */
export function osloLayer(
  oslo: object,
  url: TransportUrl | undefined,
  ignored: (option: IgnoredOption) => void,
): OptionLayer {
  const query = url?.dialect === 'oslo' ? url.query : [];
  const given = {
    ...readOslo({ label: 'The URL’s ', values: query, inUrl: true }),
    ...readOslo({ label: 'oslo.', values: Object.entries(oslo), inUrl: false }),
  };
  for (const option of Object.keys(given) as OsloName[]) {
    const reason = OSLO_OPTIONS[option].noEffect;
    if (reason !== undefined) ignored({ option, reason });
  }
  const { rpc_conn_pool_size: size = 30, conn_pool_min_size: least = 2 } = given;
  if (size < least) {
    throw new InvalidArgumentError(
      `Configuration Error: rpc_conn_pool_size, ${size}, must not be less than conn_pool_min_size, ${least}.`,
    );
  }
  return layerOf(given, ({ oslo: setting }) => setting);
}

/** What the query of an `amqp:` or `amqps:` URL says. @throws InvalidArgumentError, TransportUrlError */
export function rabbitmqLayer(url: TransportUrl | undefined, ignored: (option: IgnoredOption) => void): OptionLayer {
  if (url?.dialect !== 'rabbitmq') return {};
  for (const name of url.query.keys()) {
    const meant = amqpParameterNames.includes(name) ? undefined : suggestion(name, 'rabbitmq');
    if (meant !== undefined) {
      throw new InvalidArgumentError(`A parameter of the URL is none of RabbitMQ’s; did you mean ${meant}?`);
    }
    const reason = Object.hasOwn(RABBITMQ_NO_EFFECT, name) ? RABBITMQ_NO_EFFECT[name] : undefined;
    if (reason !== undefined) ignored({ option: name, reason });
  }
  return layerOf(amqpParameters(url), ({ rabbitmq }) => rabbitmq);
}

/** What `given` says of our options, in the settings that the rows have for it. */
function layerOf<Given>(
  given: Given,
  settingOf: (row: (typeof ALL_ROWS)[string]) => Setting<string, Given, unknown> | undefined,
): OptionLayer {
  const values: Record<string, unknown> = {};
  for (const [option, row] of Object.entries(ALL_ROWS)) {
    const setting = settingOf(row);
    const value = setting?.value(given);
    if (value === undefined) continue;
    values[option] = row.kind.check(value);
    if (values[option] === undefined) {
      const names = setting?.names.join(', ');
      throw new InvalidArgumentError(
        `${names}: what it sets, ${option}, must be ${row.kind.description}${shown(value)}.`,
      );
    }
  }
  return values;
}

function unknownOption(name: string): InvalidArgumentError {
  const meant = suggestion(name, 'ours');
  const rest = meant === undefined ? `there are ${Object.keys(ALL_ROWS).join(', ')}.` : `did you mean ${meant}?`;
  return new InvalidArgumentError(`There is no option '${name}' of a transport; ${rest}`);
}

/** A number says what is wrong with it; a text may be a secret in the wrong place. */
function shown(value: unknown): string {
  return typeof value === 'number' ? `, got ${value}` : '';
}
