import { hasControlCharacters } from './control-characters.js';
import { newId } from './ids.js';

// JSON takes 2 ns for each character of a string, on each of two levels, to find that there is nothing to escape. It is found
// faster in other ways, and what takes their place goes through JSON instead.

/** From this length on a string is worth it. */
export const LONG_LENGTH = 1_024;

// The values of a message that are looked at for a long one. Behind them, a message is made of many short ones.
const LOOKS = 256;

// In no message but by intent, which would be noticed all the same. Not one of its characters is escaped by JSON, and no JSON
// outside of a string has the first.
const MARK = `~${newId()}`;

/** What is left of a message, and what was taken out of it, in the order of its JSON text. */
export interface Lightened {
  readonly message: Readonly<Record<string, unknown>>;
  readonly strings: readonly string[];
}

/** Takes out the long strings that JSON has nothing to escape in; undefined when none is found. */
export function takeOutLongStrings(message: Readonly<Record<string, unknown>>): Lightened | undefined {
  const strings: string[] = [];
  const light = lightenObject(message, strings, { left: LOOKS });
  return strings.length === 0 ? undefined : { message: light, strings };
}

/**
 * Puts them back into the JSON text, or what was made of it, as pieces of the whole; undefined when they are not where they
 * should be.
 */
export function putBackIntoText(text: string, strings: readonly string[]): readonly string[] | undefined {
  const between = text.split(MARK);
  if (between.length !== strings.length + 1) return undefined;
  return between.flatMap((piece, i) => (i === 0 ? [piece] : [strings[i - 1] as string, piece]));
}

function lighten(value: unknown, strings: string[], looks: { left: number }): unknown {
  looks.left -= 1;
  if (typeof value === 'string') {
    if (value.length < LONG_LENGTH || hasEscapes(value)) return value;
    strings.push(value);
    return MARK;
  }
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  if (Array.isArray(value)) return lightenList(value, strings, looks);
  return lightenObject(value as Record<string, unknown>, strings, looks);
}

function lightenObject(
  value: Readonly<Record<string, unknown>>,
  strings: string[],
  looks: { left: number },
): Readonly<Record<string, unknown>> {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(value)) {
    if (looks.left <= 0) break;
    const item = value[key];
    const light = lighten(item, strings, looks);
    if (light === item) continue;
    // Its keys are all its own, even one called __proto__, and keep their order.
    copy ??= { ...value };
    copy[key] = light;
  }
  return copy ?? value;
}

function lightenList(list: readonly unknown[], strings: string[], looks: { left: number }): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < list.length && looks.left > 0; i += 1) {
    const light = lighten(list[i], strings, looks);
    if (light === list[i]) continue;
    copy ??= [...list];
    copy[i] = light;
  }
  return copy ?? list;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}

function hasEscapes(text: string): boolean {
  return text.includes('"') || text.includes('\\') || !isWellFormed(text) || hasControlCharacters(text);
}

// In Node.js 20, and not yet in the types of ES2023; a text without a unit above U+00FF is not even looked at.
function isWellFormed(text: string): boolean {
  return (text as unknown as { isWellFormed(): boolean }).isWellFormed();
}

/** A text without its long strings, and these by what stands for them there. */
export interface CutText {
  readonly text: string;
  readonly strings: ReadonlyMap<string, string>;
}

/**
 * Cuts the long strings out of the text of an envelope that holds no control characters; undefined when there are none, or
 * when they are only a small part of it: a string that was cut out keeps the whole text in memory.
 */
export function cutOutLongStrings(text: string): CutText | undefined {
  const strings = new Map<string, string>();
  let light = '';
  let cutTo = 0;
  let cutLength = 0;
  let open = text.indexOf('\\');
  while (open !== -1) {
    const close = text.indexOf('\\', open + 1);
    if (close === -1) break;
    if (close - open - 2 >= LONG_LENGTH && isQuotedBetween(text, open, close)) {
      const from = open + 2;
      const mark = MARK + strings.size;
      strings.set(mark, text.slice(from, close));
      light += text.slice(cutTo, from) + mark;
      cutLength += close - from;
      cutTo = close;
    }
    open = close;
  }
  return cutLength * 2 < text.length ? undefined : { text: light + text.slice(cutTo), strings };
}

// Quotes of the text inside the envelope, at both ends, the first of them not escaped there, and between them no quote of
// the envelope's own.
function isQuotedBetween(text: string, open: number, close: number): boolean {
  return text[open + 1] === '"' && text[open - 1] !== '\\' && text.indexOf('"', open + 2) === close + 1;
}

/** Puts them back into what was parsed, in place. False when one is not found as it was: as all of a string that is no key. */
export function putBackIntoValue(parsed: object, strings: ReadonlyMap<string, string>): boolean {
  let found = 0;
  const rest = [parsed as Record<string, unknown>];
  for (let object = rest.pop(); object !== undefined; object = rest.pop()) {
    for (const key of Object.keys(object)) {
      const item = object[key];
      if (typeof item === 'object' && item !== null) rest.push(item as Record<string, unknown>);
      else if (typeof item === 'string' && item.startsWith(MARK)) {
        const string = strings.get(item);
        if (string === undefined) return false;
        object[key] = string;
        found += 1;
      }
    }
  }
  return found === strings.size;
}
