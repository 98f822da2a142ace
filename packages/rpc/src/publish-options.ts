import type { PublishOptions } from '@leveret/transport';

/** The properties of every message, as oslo sets them. spec 6. */
export const MESSAGE_PROPERTIES: PublishOptions = {
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  headers: {},
  persistent: true,
  priority: 0,
};

/** Whether the broker says that nobody listens there: the message was returned, or its exchange is missing. */
export function isMissingDestination(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ERR_LEVERET_UNDELIVERABLE' || code === 'ERR_LEVERET_NOT_FOUND';
}

/** By code and not by class: an application can hold two copies of the transport. */
export function errorCode(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
