import type { Delivery } from '@leveret/transport';
import { encodeEnvelope, type Message } from './envelope.js';
import { MalformedMessageError } from './errors.js';

/** Why a caller waits no more: its signal fired, its time or its patience for heartbeats is over, or its client was closed. */
export type CancelCause = 'abort' | 'timeout' | 'close';

/** What a client of ours tells the servers of ours. Nothing of it is oslo's. */
export interface CancelMessage {
  readonly messageIds: readonly string[];
  readonly cause: CancelCause;
  /** For how long one of these requests may still arrive, in ms. */
  readonly lifeMs: number;
}

// In oslo's topic exchange, where only servers of ours bind a queue by it.
const PREFIX = 'leveret_cancel.';

/** To whom could have got the request: the routing key that reaches those servers, and no queue of oslo's. */
export function cancelRoutingKey(requestRoutingKey: string): string {
  return PREFIX + requestRoutingKey;
}

export function isCancel({ routingKey }: Pick<Delivery, 'routingKey'>): boolean {
  return routingKey.startsWith(PREFIX);
}

export function encodeCancel({ messageIds, cause, lifeMs }: CancelMessage): string {
  return encodeEnvelope({ _leveret_cancel: messageIds, _leveret_cause: cause, _leveret_life_ms: lifeMs });
}

/** @throws MalformedMessageError */
export function parseCancel(message: Message): CancelMessage {
  const { _leveret_cancel: messageIds, _leveret_cause: cause, _leveret_life_ms: lifeMs } = message;
  if (!Array.isArray(messageIds) || !messageIds.every((id) => typeof id === 'string')) {
    throw new MalformedMessageError('it does not say which calls are cancelled.');
  }
  return {
    messageIds,
    // A cause that a later version knows is somebody's word all the same.
    cause: cause === 'timeout' || cause === 'close' ? cause : 'abort',
    lifeMs: typeof lifeMs === 'number' ? lifeMs : 0,
  };
}
