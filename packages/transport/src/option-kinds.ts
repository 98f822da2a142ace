/** What a value of an option may be, as data: to check it, to read it out of text, and to say it in a table. */
export interface Kind<T> {
  /** Ends "X must be …". */
  readonly description: string;
  /** The value, or undefined if it is none of this kind. */
  check(value: unknown): T | undefined;
  /** The value in a text, undefined if there is none. Absent where only code can say the value. */
  readonly parse?: (text: string) => T | undefined;
}

/** One that text can say too. */
type ParsedKind<T> = Kind<T> & Required<Pick<Kind<T>, 'parse'>>;

export function wholeNumber(
  min: number,
  max: number,
  step: { readonly multipleOf: number; readonly because: string } = { multipleOf: 1, because: '' },
): Kind<number> {
  const { multipleOf, because } = step;
  const check = (value: unknown): number | undefined =>
    typeof value === 'number' && Number.isInteger(value / multipleOf) && value >= min && value <= max
      ? value
      : undefined;
  const end = max === Number.MAX_SAFE_INTEGER ? '' : ` to ${max}`;
  return {
    description: `a whole number from ${min}${end}${multipleOf === 1 ? '' : `, a multiple of ${multipleOf} (${because})`}`,
    check,
    parse: (words) => (/^-?[0-9]{1,16}$/.test(words) ? check(Number(words)) : undefined),
  };
}

/** A number that may have a fraction. */
export function number(min: number, max: number): Kind<number> {
  const check = (value: unknown): number | undefined =>
    typeof value === 'number' && value >= min && value <= max ? value : undefined;
  return {
    description: `a number from ${min} to ${max}`,
    check,
    parse: (words) => (/^-?[0-9]{1,16}(\.[0-9]{1,16})?$/.test(words) ? check(Number(words)) : undefined),
  };
}

export function choice<const T extends string>(...choices: readonly T[]): ParsedKind<T> {
  const check = (value: unknown): T | undefined => choices.find((candidate) => candidate === value);
  const quoted = choices.map((each) => `'${each}'`);
  return {
    description: [quoted.slice(0, -1).join(', '), quoted.at(-1)].filter(Boolean).join(' or '),
    check,
    parse: check,
  };
}

/** A kind that is not made before it is asked for something. */
export function late<T>(make: () => ParsedKind<T>): ParsedKind<T> {
  let made: ParsedKind<T> | undefined;
  const kind = (): ParsedKind<T> => {
    made ??= make();
    return made;
  };
  return {
    get description() {
      return kind().description;
    },
    check: (value) => kind().check(value),
    parse: (words) => kind().parse(words),
  };
}

/** One of the choices, in capitals or not. */
export function anyCase<const T extends string>(...choices: readonly T[]): Kind<T> {
  const check = (value: unknown): T | undefined =>
    typeof value === 'string' ? choices.find((each) => each.toLowerCase() === value.toLowerCase()) : undefined;
  return { ...choice(...choices), check, parse: check };
}

/** `true` and `false`, and in text what oslo.config takes for them. */
export const flag: Kind<boolean> = {
  description: 'true or false',
  check: (value) => (typeof value === 'boolean' ? value : undefined),
  parse: (words) => {
    if (/^(true|1|yes|on)$/i.test(words)) return true;
    return /^(false|0|no|off)$/i.test(words) ? false : undefined;
  },
};

/** Text that is not empty. */
export const text: Kind<string> = {
  description: 'a text that is not empty',
  check: (value) => (typeof value === 'string' && value !== '' ? value : undefined),
  parse: (words) => (words === '' ? undefined : words),
};

/** What only code can say. */
export function onlyInCode<T>(description: string, is: (value: unknown) => boolean): Kind<T> {
  return { description, check: (value) => (is(value) ? (value as T) : undefined) };
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
