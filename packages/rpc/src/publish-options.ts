import type { PublishOptions } from '@leveret/transport';

/** Options that are still being put together. */
export type PublishOptionsDraft = { -readonly [Name in keyof PublishOptions]: PublishOptions[Name] };

/** With the properties of every message, as oslo sets them. spec 6. */
export function messageOptions(mandatory: boolean, timeoutMs: number): PublishOptionsDraft {
  // Written out, and added to: spreading constants into each message's options took 4 µs instead of 0.03.
  return {
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    headers: {},
    persistent: true,
    priority: 0,
    mandatory,
    timeoutMs,
  };
}

/** Whether the broker says that nobody listens there: the message was returned, or its exchange is missing. */
export function isMissingDestination(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ERR_LEVERET_UNDELIVERABLE' || code === 'ERR_LEVERET_NOT_FOUND';
}

/** Whether the broker was reached and refuses this very message, as one that is too large. */
export function isRefused(error: unknown): boolean {
  return errorCode(error) === 'ERR_LEVERET_DELIVERY' && (error as { outcome?: unknown }).outcome === 'refused';
}

/** By code and not by class: an application can hold two copies of the transport. */
export function errorCode(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
