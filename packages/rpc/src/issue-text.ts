import type { SchemaIssue } from './standard-schema.js';
import type { ValidationIssue } from './validation-errors.js';

/** An issue of a schema in our words: its path spelled out below `name`, its message without the value. */
export function describeIssue(name: 'args' | 'result', value: unknown, issue: SchemaIssue): ValidationIssue {
  const keys = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
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

/** How many leaves of a value are looked for in a message; no schema quotes more. */
const LEAVES_LIMIT = 1_000;

// valibot and arktype quote what they were given ("but received "s3cret""), which could be a password.
function withoutValues(message: string, value: unknown): string {
  let text = message;
  for (const leaf of leavesOf(value)) {
    const plain = String(leaf);
    const escaped = JSON.stringify(plain);
    // Quoted first, or the quotes would stay behind; a short text without quotes is more likely a word of the message.
    text = text.replaceAll(escaped, HIDDEN).replaceAll(`'${plain}'`, HIDDEN).replaceAll(`"${plain}"`, HIDDEN);
    if (typeof leaf === 'string') {
      if (plain.length > 2) text = text.replaceAll(plain, HIDDEN).replaceAll(escaped.slice(1, -1), HIDDEN);
    } else {
      text = replaceNumber(text, plain);
    }
  }
  return text;
}

// 12 is not part of 120, of 1.12 or of v12.
function replaceNumber(text: string, digits: string): string {
  const escaped = digits.replaceAll(/[.+]/gu, '\\$&');
  return text.replaceAll(new RegExp(`(?<![\\w.])${escaped}n?(?![\\w]|\\.\\d)`, 'gu'), HIDDEN);
}

// The longest first: one text may be part of another.
function leavesOf(value: unknown): readonly (string | number | bigint)[] {
  const leaves: (string | number | bigint)[] = [];
  const seen = new Set<object>();
  const pending = [value];
  while (pending.length > 0 && leaves.length < LEAVES_LIMIT && seen.size < LEAVES_LIMIT) {
    const current = pending.pop();
    if (typeof current === 'string') {
      if (current !== '') leaves.push(current);
    } else if (typeof current === 'number' || typeof current === 'bigint') leaves.push(current);
    else if (typeof current === 'object' && current !== null && !seen.has(current)) {
      seen.add(current);
      pending.push(...Object.values(current));
    }
  }
  return leaves.sort((a, b) => String(b).length - String(a).length);
}
