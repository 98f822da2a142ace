import { checkNames, checkRecord } from '../checks.js';
import { InvalidArgumentError } from '../errors.js';

/** What a text must begin with: a regular expression, or the source of one. */
export type TextPattern = RegExp | string;

/**
 * Which notifications an endpoint hears: those of which all that is named here matches. A pattern must match from the
 * beginning of the text, as Python's `re.match`; what is no text never matches. oslo: `NotificationFilter`.
 */
export interface NotificationFilter {
  readonly publisherId?: TextPattern;
  readonly eventType?: TextPattern;
  /** By key of the context. */
  readonly context?: Readonly<Record<string, TextPattern>>;
  readonly metadata?: { readonly messageId?: TextPattern; readonly timestamp?: TextPattern };
  /** By key of a payload that is an object. */
  readonly payload?: Readonly<Record<string, TextPattern>>;
}

/** What a filter looks at, as it came. */
export interface Filterable {
  readonly publisherId: unknown;
  readonly eventType: unknown;
  readonly context: unknown;
  readonly metadata: unknown;
  readonly payload: unknown;
}

const FIELDS = ['publisherId', 'eventType', 'context', 'metadata', 'payload'] as const;

/** @throws InvalidArgumentError for what is no filter, and for a pattern that is no regular expression. */
export function compileFilter(name: string, filter: NotificationFilter): (notification: Filterable) => boolean {
  checkNames(name, filter, FIELDS);
  if (filter.metadata !== undefined) checkNames(`${name}.metadata`, filter.metadata, ['messageId', 'timestamp']);
  const checks = FIELDS.flatMap((field) => {
    const pattern: unknown = filter[field];
    if (pattern === undefined) return [];
    const matches =
      field === 'publisherId' || field === 'eventType'
        ? compilePattern(`${name}.${field}`, pattern)
        : compileRecord(`${name}.${field}`, pattern);
    return [(notification: Filterable) => matches(notification[field])];
  });
  return (notification) => checks.every((check) => check(notification));
}

function compileRecord(name: string, patterns: unknown): (value: unknown) => boolean {
  checkRecord(name, patterns);
  const checks = Object.entries(patterns)
    .filter(([, pattern]) => pattern !== undefined)
    .map(([key, pattern]) => ({ key, matches: compilePattern(`${name}.${key}`, pattern) }));
  return (value) => {
    if (checks.length === 0) return true;
    if (typeof value !== 'object' || value === null) return false;
    return checks.every(
      ({ key, matches }) => Object.hasOwn(value, key) && matches((value as Filterable)[key as never]),
    );
  };
}

function compilePattern(name: string, pattern: unknown): (value: unknown) => boolean {
  if (typeof pattern !== 'string' && !(pattern instanceof RegExp)) {
    throw new InvalidArgumentError(`${name} must be a regular expression, or the text of one.`);
  }
  const { source, flags } = typeof pattern === 'string' ? { source: pattern, flags: '' } : pattern;
  let anchored: RegExp;
  try {
    anchored = new RegExp(source, `${flags.replace(/[gy]/gu, '')}y`);
  } catch {
    throw new InvalidArgumentError(`${name} is no regular expression of JavaScript: ${source}`);
  }
  return (value) => {
    if (typeof value !== 'string') return false;
    // A sticky expression matches where its last match ended, which must be the beginning each time.
    anchored.lastIndex = 0;
    return anchored.test(value);
  };
}
