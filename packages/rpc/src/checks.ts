import { nearestName } from '@leveret/transport/shared';
import { InvalidArgumentError } from './errors.js';

/** What a timer of Node can wait for, about 24 days; beyond it fires at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

/** @throws InvalidArgumentError for a name that is not one of `known`: a typo would silently mean the default. */
export function checkNames(what: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidArgumentError(`The options of ${what} must be an object.`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      const near = nearestName(name, known);
      const hint = near === undefined ? '' : ` Did you mean '${near}'?`;
      throw new InvalidArgumentError(`There is no option '${name}' of ${what}; there are ${known.join(', ')}.${hint}`);
    }
  }
}

/** @throws InvalidArgumentError unless a finite number within bounds. */
export function checkNumber(name: string, value: number, min: number, max: number = MAX_TIMER_MS): number {
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw new InvalidArgumentError(`${name} must be a number from ${min} to ${max}, got ${String(value)}.`);
  }
  return value;
}

/** @throws InvalidArgumentError unless a whole number within bounds. */
export function checkInteger(name: string, value: number, min: number, max: number = MAX_TIMER_MS): number {
  if (!Number.isInteger(value)) {
    throw new InvalidArgumentError(`${name} must be a whole number, got ${String(value)}.`);
  }
  return checkNumber(name, value, min, max);
}

/** @throws InvalidArgumentError unless true or false. */
export function checkBoolean(name: string, value: boolean): boolean {
  if (typeof value !== 'boolean')
    throw new InvalidArgumentError(`${name} must be true or false, got ${String(value)}.`);
  return value;
}

/** @throws InvalidArgumentError unless an object with properties. */
export function checkRecord(name: string, value: unknown): asserts value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError(`${name} must be an object, got ${value === null ? 'null' : describe(value)}.`);
  }
}

/** @throws InvalidArgumentError unless a non-empty string. */
export function checkMethodName(method: unknown): asserts method is string {
  if (typeof method !== 'string' || method === '') {
    throw new InvalidArgumentError(`The method must be a non-empty string, got ${describe(method)}.`);
  }
}

function describe(value: unknown): string {
  if (value === '') return 'an empty string';
  return Array.isArray(value) ? 'a list' : value === null ? 'null' : `a value of type ${typeof value}`;
}
