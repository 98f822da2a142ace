import type { Dispatcher } from 'undici';
import { isIdempotent, isRetryableStatus } from './http.js';
import { type RetryPolicy, resolvePolicy } from './policy.js';
import { type RequestRetry, RetriedRequest, type Settings } from './retried-request.js';
import { callable, check, number } from './validate.js';

export type { RefusedResponse, RequestRetry } from './retried-request.js';

/** When to send a request again, and when to stop: a policy without what is about the result of a function. */
export type RequestRetryPolicy = Omit<RetryPolicy, (typeof notForRequests)[number]>;

const notForRequests = ['shouldRetry', 'shouldRetryResult', 'attemptTimeout'] as const;

/** Options of {@link retryInterceptor}. */
export interface RetryInterceptorOptions {
  /**
   * Methods that may be sent again when nobody knows what became of them. Default: the idempotent ones, GET, HEAD, OPTIONS,
   * TRACE, QUERY, PUT and DELETE. A request with an `idempotent` of its own, as undici's requests may have, goes by that.
   */
  readonly methods?: readonly string[] | undefined;
  /** Statuses that are worth another try. Default: 408, 425, 429, 500, 502, 503 and 504. */
  readonly statusCodes?: readonly number[] | undefined;
  /** The `code` of errors that are worth another try. Default: {@link retryableErrorCodes}. */
  readonly errorCodes?: readonly string[] | undefined;
  /**
   * The body of a refused response is read to its end while waiting, and dropped, so that its connection can be used again.
   * If it is longer than this its connection is closed. Default 65 536.
   */
  readonly maxDrainBytes?: number | undefined;
  /** Told before each wait. If it throws, the request fails with what it threw. */
  readonly onRetry?: ((event: RequestRetry) => void) | undefined;
  /** The time since 1970 in milliseconds, for a `Retry-After` that is a date in a response without one. Default `Date.now`. */
  readonly wallClock?: (() => number) | undefined;
}

/** Errors that say that no response has come, and that one may come another time. */
export const retryableErrorCodes: readonly string[] = [
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ERR_HTTP2_STREAM_ERROR',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
];

/**
 * An interceptor for `dispatcher.compose` of undici 7 and 8 that sends requests again. A request is sent again when its
 * method allows for it (or it was never sent), its body can be replayed, no header of a response has reached the caller,
 * and status or error are worth it. What the last attempt gave is what the caller gets: a response with its whole body, whatever
 * its status, or the error as it is. CONNECT and upgrades pass through.
 *
 * A `Retry-After` is the least wait. If it is longer than the policy's `maxRetryAfterMs`, here by default 60 000, the response is
 * handed on. The limits of one attempt are undici's: `headersTimeout` and the `connect.timeout` of the dispatcher.
 *
 * @throws RetryError for a policy or options that cannot be
 */
export function retryInterceptor(
  policy: RequestRetryPolicy = {},
  options: RetryInterceptorOptions = {},
): Dispatcher.DispatcherComposeInterceptor {
  const { methods, statusCodes, errorCodes, maxDrainBytes = 65_536, onRetry, wallClock = Date.now } = options;
  for (const name of notForRequests) {
    const value = (policy as RetryPolicy)[name];
    check(
      value === undefined,
      name,
      value,
      '`statusCodes`, `errorCodes`, or the `headersTimeout` of undici, in its place',
    );
  }
  for (const [name, list] of Object.entries({ methods, statusCodes, errorCodes })) {
    check(list === undefined || Array.isArray(list), name, list, 'an array');
  }
  number('maxDrainBytes', maxDrainBytes, 0, Infinity);
  callable('wallClock', wallClock);
  if (onRetry !== undefined) callable('onRetry', onRetry);
  const settings: Settings = {
    policy: resolvePolicy({ ...policy, maxRetryAfterMs: policy.maxRetryAfterMs ?? 60_000 }),
    mayRepeat: ({ idempotent, method }) => idempotent ?? methods?.includes(method) ?? isIdempotent(method),
    isRetryable: (statusCode) => statusCodes?.includes(statusCode) ?? isRetryableStatus(statusCode),
    errorCodes: errorCodes ?? retryableErrorCodes,
    maxDrainBytes,
    onRetry,
    wallClock,
  };
  return (dispatch) => (request, handler) => {
    // Built-in fetch of an older Node speaks to a dispatcher of undici 8 in a way that both refuse: let them say so.
    const foreign = handler.onRequestStart === undefined && 'onConnect' in handler;
    if (foreign || request.method === 'CONNECT' || request.upgrade) return dispatch(request, handler);
    return new RetriedRequest(dispatch, request, handler, settings).start();
  };
}
