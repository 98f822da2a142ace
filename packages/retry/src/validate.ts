import { RetryError } from './errors.js';

/** Throws unless `ok`: `wanted` says what to give instead. Numbers are shown; of all else only the kind, since it may be secret. */
export function check(ok: unknown, option: string, value: unknown, wanted: string): asserts ok {
  if (ok) return;
  const shown = typeof value === 'number' || value === null ? value : typeof value;
  throw new RetryError('ERR_LEVERET_RETRY_OPTION', `\`${option}\` is ${shown}: give ${wanted}.`, { option });
}

/** A number, `least` or more, and finite unless `most` is not. */
export function number(
  option: string,
  value: unknown,
  least = 0,
  most: number = Number.MAX_VALUE,
): asserts value is number {
  check(typeof value === 'number' && value >= least && value <= most, option, value, `a number, ${least} or more`);
}

/** A number from `least` to `most`. */
export function between(option: string, value: unknown, least: number, most: number): asserts value is number {
  check(
    typeof value === 'number' && value >= least && value <= most,
    option,
    value,
    `a number from ${least} to ${most}`,
  );
}

/** An object of options: a bare number is told what to write instead. */
export function object(option: string, value: unknown): void {
  check(typeof value === 'object' && value, option, value, 'an object');
}

/** A function. */
export function callable(option: string, value: unknown): void {
  check(typeof value === 'function', option, value, 'a function');
}

/** Something that yields delays: an array, a backoff of this package, or any other iterable. A string is none. */
export function iterable(option: string, value: unknown): void {
  check(
    typeof value === 'object' && value?.[Symbol.iterator as never],
    option,
    value,
    'an iterable such as [100, 200]',
  );
}
