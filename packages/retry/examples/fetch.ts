import { exponential, jittered, retry } from '@leveret/retry';
import { isRetryableStatus, retryAfterMs } from '@leveret/retry/http';

const policy = { backoff: jittered(exponential({ initialMs: 200 }), 'full'), retries: 4, maxRetryAfterMs: 60_000 };

/** A GET that is sent again while the server is busy or out of reach. The last response is given back, whatever it says. */
export function get(url: string, signal?: AbortSignal): Promise<Response> {
  const address = new URL(url);
  return retry<Response>(
    (attempt) => fetch(address, { signal: attempt.signal }),
    {
      ...policy,
      // What fetch throws when there is no response.
      shouldRetry: (error) => error instanceof TypeError,
      shouldRetryResult: ({ status }) => isRetryableStatus(status),
      retryAfter: (failure) => (failure instanceof Response ? retryAfterMs(failure.headers) : undefined),
    },
    {
      signal,
      // A response that will not be read is closed, so that its connection is free.
      onRetry: ({ error }) => (error instanceof Response ? error.body?.cancel() : undefined),
    },
  );
}
