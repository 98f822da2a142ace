import { randomUUID } from 'node:crypto';

// Stands for what JSON cannot say. It never leaves this process, so nobody can send it.
const MARK = `leveret:${randomUUID()}:`;

/** How many digits a whole number may have: Python reads, and writes, no more. */
export const MAX_INTEGER_DIGITS = 4_300;

/**
 * JSON as Python's `json.loads` takes it: as `JSON.parse`, and also the bare tokens `NaN`, `Infinity` and `-Infinity`.
 * @param bigints whole numbers that a number cannot hold become bigints; else they lose digits. One with more digits than
 * Python reads stays a number.
 * @throws SyntaxError
 */
export function parseJson(text: string, bigints = false): unknown {
  if (bigints && /\d{16}/u.test(text)) return parseWithTokens(text, true);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/u.test(text)) throw error;
    return parseWithTokens(text, false);
  }
}

const TOKENS = /-?\bInfinity\b|\bNaN\b/gu;
const TOKENS_AND_NUMBERS = /-?\bInfinity\b|\bNaN\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gu;

function parseWithTokens(text: string, bigints: boolean): unknown {
  let isMarked = false;
  // In a list, since no key of an object can be one: what is no JSON as a key stays none.
  const mark = (token: string): string => {
    isMarked = true;
    return `["${MARK}${token}"]`;
  };
  const replaced = mapOutsideStrings(text, (part) =>
    part.replace(bigints ? TOKENS_AND_NUMBERS : TOKENS, (token) => {
      if (token === 'NaN') return mark(token);
      if (token.endsWith('Infinity')) return token.replace('Infinity', '1e999');
      return isBigInteger(token) ? mark(token) : token;
    }),
  );
  return JSON.parse(replaced, isMarked ? unmark : undefined);
}

function isBigInteger(token: string): boolean {
  return token.length <= MAX_INTEGER_DIGITS && /^-?[1-9]\d*$/u.test(token) && !Number.isSafeInteger(Number(token));
}

function unmark(_key: string, value: unknown): unknown {
  if (!Array.isArray(value) || value.length !== 1) return value;
  const [text] = value as [unknown];
  if (typeof text !== 'string' || !text.startsWith(MARK)) return value;
  const token = text.slice(MARK.length);
  return token === 'NaN' ? Number.NaN : BigInt(token);
}

let holdsIntegers = false;

/** A whole number of any size, which `stringifyJson` writes digit by digit. */
export class JsonInteger {
  readonly #value: bigint;

  constructor(value: bigint) {
    this.#value = value;
  }

  toJSON(): string {
    holdsIntegers = true;
    return `${MARK}${this.#value}`;
  }
}

const MARKED_INTEGER = new RegExp(`"${MARK}(-?\\d+)"`, 'gu');

/** As `JSON.stringify`, and every JsonInteger is a number. JSON.rawJSON would do, from Node.js 22 on. */
export function stringifyJson(value: object): string {
  holdsIntegers = false;
  const text = JSON.stringify(value);
  return holdsIntegers ? text.replace(MARKED_INTEGER, '$1') : text;
}

function mapOutsideStrings(text: string, map: (part: string) => string): string {
  let result = '';
  let index = 0;
  for (;;) {
    const open = text.indexOf('"', index);
    if (open === -1) return result + map(text.slice(index));
    const end = endOfString(text, open);
    result += map(text.slice(index, open)) + text.slice(open, end);
    index = end;
  }
}

function endOfString(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); close !== -1; close = text.indexOf('"', close + 1)) {
    let backslashes = 0;
    while (text[close - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return close + 1;
  }
  return text.length;
}
