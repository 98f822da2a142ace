import { errorCode, isMissingDestination } from './publish-options.js';

/** What a publish that failed says of its message: that the broker never had it, or that it may. */
export function publishOutcome(cause: unknown): 'not-sent' | 'unknown' {
  switch (errorCode(cause)) {
    case 'ERR_LEVERET_CONNECTION_REFUSED':
    case 'ERR_LEVERET_DECLARATION':
    case 'ERR_LEVERET_NOT_FOUND':
    case 'ERR_LEVERET_INVALID_ARGUMENT':
      return 'not-sent';
    case 'ERR_LEVERET_DELIVERY':
      return (cause as { outcome?: unknown }).outcome === 'not-sent' ? 'not-sent' : 'unknown';
    default:
      return 'unknown';
  }
}

/** Whether a publish failed in such a way that no queue has its message. */
export function isUnsent(cause: unknown): boolean {
  return isMissingDestination(cause) || publishOutcome(cause) === 'not-sent';
}
