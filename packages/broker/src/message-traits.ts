import type { Message } from './message.js';

// The first octet of the property flags tells which properties there are. Most messages have none of those a queue asks for,
// and their properties are never decoded.
const HAS_DELIVERY_MODE = 0x10;
const HAS_PRIORITY = 0x08;
const HAS_EXPIRATION = 0x01;

const PERSISTENT = 2;

function has(message: Message, flag: number): boolean {
  return ((message.propertyOctets[0] ?? 0) & flag) !== 0;
}

/** Whether it outlives a restart in a durable queue. */
export function isPersistent(message: Message): boolean {
  return has(message, HAS_DELIVERY_MODE) && message.properties.deliveryMode === PERSISTENT;
}

/** Its priority in a queue with this x-max-priority: no more than that, 0 if it has none. */
export function priorityOf(message: Message, maxPriority: number): number {
  return has(message, HAS_PRIORITY) ? Math.min(message.properties.priority ?? 0, maxPriority) : 0;
}

/** How long it may wait, in milliseconds: its own expiration or the queue's x-message-ttl, whichever is less. */
export function timeToLiveOf(message: Message, messageTtlMs: number | undefined): number | undefined {
  if (!has(message, HAS_EXPIRATION)) {
    return messageTtlMs;
  }
  return Math.min(Number(message.properties.expiration), messageTtlMs ?? Number.POSITIVE_INFINITY);
}
