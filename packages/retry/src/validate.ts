import { describe, RetryOptionRangeError, RetryOptionTypeError } from './errors.js';

/** A number, not NaN. */
function number(option: string, value: unknown, wanted: string): number {
  if (typeof value !== 'number') {
    throw new RetryOptionTypeError(option, `\`${option}\` is ${describe(value)}: give ${wanted}.`);
  }
  if (Number.isNaN(value)) throw new RetryOptionRangeError(option, value, `\`${option}\` is NaN: give ${wanted}.`);
  return value;
}

/** Finite milliseconds, zero or more. */
export function milliseconds(option: string, value: unknown): number {
  const wanted = 'finite milliseconds, zero or more';
  const ms = number(option, value, wanted);
  if (ms < 0 || ms === Number.POSITIVE_INFINITY) {
    throw new RetryOptionRangeError(option, ms, `\`${option}\` is ${ms}: give ${wanted}.`);
  }
  return ms;
}

/** Milliseconds that may be `Infinity`, which is no limit. */
export function limitMs(option: string, value: unknown): number {
  return value === Number.POSITIVE_INFINITY ? value : milliseconds(option, value);
}

/** A whole number, zero or more, or `Infinity`. */
export function count(option: string, value: unknown, hint = ''): number {
  const wanted = `a whole number, zero or more, or Infinity${hint}`;
  const n = number(option, value, wanted);
  if (n < 0 || (n !== Number.POSITIVE_INFINITY && !Number.isInteger(n))) {
    throw new RetryOptionRangeError(option, n, `\`${option}\` is ${n}: give ${wanted}.`);
  }
  return n;
}

/** A finite number from `least` on, up to `most`. */
export function between(option: string, value: unknown, least: number, most: number): number {
  const wanted =
    most === Number.POSITIVE_INFINITY ? `a finite number, ${least} or more` : `a number from ${least} to ${most}`;
  const n = number(option, value, wanted);
  if (n < least || n > most || !Number.isFinite(n)) {
    throw new RetryOptionRangeError(option, n, `\`${option}\` is ${n}: give ${wanted}.`);
  }
  return n;
}

/** An object of options; a bare number or null is told what to write instead. */
export function options<T extends object>(option: string, value: T, example: string): T {
  if (typeof value !== 'object' || value === null) {
    throw new RetryOptionTypeError(option, `\`${option}\` is ${describe(value)}: give an object, as in ${example}.`);
  }
  return value;
}

/** A function. */
export function callable<T>(option: string, value: T, wanted: string): T {
  if (typeof value !== 'function') {
    throw new RetryOptionTypeError(option, `\`${option}\` is ${describe(value)}: give ${wanted}.`);
  }
  return value;
}

/** Something that yields delays: an array, a backoff of this package, or any other iterable. A string is none. */
export function iterable(option: string, value: unknown): Iterable<number> {
  if (
    typeof value !== 'object' ||
    value === null ||
    typeof (value as { [Symbol.iterator]?: unknown })[Symbol.iterator] !== 'function'
  ) {
    throw new RetryOptionTypeError(
      option,
      `\`${option}\` is ${describe(value)} and yields nothing: give an iterable of milliseconds, such as [100, 200] or exponential().`,
    );
  }
  return value as Iterable<number>;
}
