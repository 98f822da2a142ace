import type { SchemaIssue } from './standard-schema.js';
import type { ValidationIssue } from './validation-errors.js';

/** An issue of a schema in our words: its path spelled out below `name`, its message without the value. */
export function describeIssue(name: 'args' | 'result', value: unknown, issue: SchemaIssue): ValidationIssue {
  // Not by the path's own map(): arktype's is a subclass of Array, and makes a longer one.
  const keys = Array.from(issue.path ?? [], (step) => (typeof step === 'object' ? step.key : step));
  const path = keys.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`),
    name,
  );
  return { path, message: withoutValues(String(issue.message), valueAt(value, keys)) };
}

function valueAt(value: unknown, keys: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of keys) {
    if (typeof current !== 'object' || current === null) return current;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

const HIDDEN = '***';

/** How many parts of a value are looked for in a message. */
const LEAVES_LIMIT = 1_000;

// valibot and arktype quote what they were given ("but received "s3cret""), which could be a password.
function withoutValues(message: string, value: unknown): string {
  const leaves: Leaf[] = [];
  let visited = 0;
  for (const leaf of walk(value, new Set())) {
    visited += 1;
    // What quotes more than can be looked for is long.
    if (visited > LEAVES_LIMIT && message.length > 200) return 'does not match';
    if (visited > LEAVES_LIMIT) break;
    if (leaf !== undefined) leaves.push(leaf);
  }
  // The longest first: one text may be part of another.
  leaves.sort((a, b) => String(b).length - String(a).length);
  let text = message;
  for (const leaf of leaves) {
    const plain = String(leaf);
    if (plain.length > text.length) continue;
    text = typeof leaf === 'string' ? withoutText(text, plain) : withoutWord(text, plain);
  }
  return text;
}

function withoutText(message: string, plain: string): string {
  const escaped = JSON.stringify(plain);
  // Quoted first, or the quotes would stay behind; a short text without quotes is more likely a word of the message.
  const text = message.replaceAll(escaped, HIDDEN).replaceAll(`'${plain}'`, HIDDEN).replaceAll(`"${plain}"`, HIDDEN);
  return plain.length > 2 ? text.replaceAll(plain, HIDDEN).replaceAll(escaped.slice(1, -1), HIDDEN) : text;
}

// 12 is not part of 120, of 1.12 or of v12.
function withoutWord(message: string, word: string): string {
  if (!message.includes(word)) return message;
  const escaped = word.replaceAll(/[.+]/gu, '\\$&');
  return message.replaceAll(new RegExp(`(?<![\\w.])${escaped}n?(?![\\w]|\\.\\d)`, 'gu'), HIDDEN);
}

type Leaf = string | number | bigint | boolean;

// Undefined for what holds others, so that these count, too.
function* walk(value: unknown, seen: Set<object>): Generator<Leaf | undefined> {
  switch (typeof value) {
    case 'string':
      if (value !== '') yield value;
      return;
    case 'number':
    case 'bigint':
    case 'boolean':
      yield value;
      return;
    case 'object':
      if (value === null || seen.has(value)) return;
      seen.add(value);
      yield undefined;
      for (const each of Array.isArray(value) ? value : Object.values(value)) yield* walk(each, seen);
  }
}
