import { parseHttpDate } from './http-date.js';

export { parseHttpDate };

/** What a date in a response is measured against. */
export interface RetryAfterOptions {
  /** Now by the wall clock, in milliseconds since 1970. It is used where the response has no `Date` of its own. Default `Date.now()`. */
  readonly now?: number | undefined;
}

/** Options of {@link parseRetryAfter}. */
export interface ParseRetryAfterOptions extends RetryAfterOptions {
  /** The `Date` header of the same response. With it a clock that is wrong, here or there, makes no difference. */
  readonly date?: string | null | undefined;
}

/** The headers of a response: a `Headers`, or a plain object with names in lower case as Node and undici give. */
export type ResponseHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | number | undefined>>;

/**
 * How long a `Retry-After` asks to wait, in milliseconds: of seconds, or to a date, where one that is past is 0. `undefined`
 * if there is none, and if it is neither: a wait that cannot be read is no reason to wait for ever. What no clock can
 * count to is `Number.MAX_SAFE_INTEGER`. RFC 9110, 10.2.3.
 */
export function parseRetryAfter(
  value: string | null | undefined,
  options: ParseRetryAfterOptions = {},
): number | undefined {
  const text = value?.trim();
  if (!text) return undefined;
  const ms = parseCount(text, 1000);
  if (ms !== undefined) return ms;
  const until = parseHttpDate(text);
  if (until === undefined) return undefined;
  const from = parseHttpDate(options.date?.trim() ?? '') ?? options.now ?? Date.now();
  return Math.max(0, until - from);
}

/**
 * How long a response asks to be left alone, in milliseconds: by its `Retry-After`, against its own `Date`, and by the
 * `Retry-After-Ms` that some services send. If it says so more than once, the longest wait counts. `undefined` if it does
 * not ask.
 */
export function retryAfterMs(headers: ResponseHeaders, options: RetryAfterOptions = {}): number | undefined {
  const date = valuesOf(headers, 'date')[0];
  const delays = [
    ...valuesOf(headers, 'retry-after').map((text) => parseRetryAfter(text, { ...options, date })),
    ...valuesOf(headers, 'retry-after-ms').map((text) => parseCount(text.trim(), 1)),
  ].filter((ms) => ms !== undefined);
  return delays.length === 0 ? undefined : Math.max(...delays);
}

/**
 * Whether a response of this status is worth another try: 408, 425, 429, 500, 502, 503 and 504. Whether the request may
 * be sent again is another question, see {@link isIdempotent}.
 */
export function isRetryableStatus(status: number): boolean {
  return retryableStatuses.includes(status);
}

/**
 * Whether a request of this method may be sent again when nobody knows what became of it: GET, HEAD, OPTIONS, TRACE, QUERY,
 * PUT and DELETE. Methods are case-sensitive. RFC 9110, 9.2.2.
 */
export function isIdempotent(method: string): boolean {
  return idempotentMethods.includes(method);
}

const retryableStatuses: readonly number[] = [408, 425, 429, 500, 502, 503, 504];
const idempotentMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'PUT', 'DELETE'];

function parseCount(text: string, unitMs: number): number | undefined {
  // Whole seconds by the standard; fractions are seen, and rounding them down would be early.
  return /^\d+(\.\d+)?$/.test(text) ? Math.min(Math.ceil(Number(text) * unitMs), Number.MAX_SAFE_INTEGER) : undefined;
}

function valuesOf(headers: ResponseHeaders, name: string): string[] {
  const value = isHeaders(headers) ? headers.get(name) : headers[name];
  if (Array.isArray(value)) return value.map(String);
  return value === undefined || value === null ? [] : [`${value}`];
}

function isHeaders(headers: ResponseHeaders): headers is { get(name: string): string | null } {
  return typeof headers['get'] === 'function';
}
