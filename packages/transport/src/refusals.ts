import { DestinationNotFoundError, MessageDeliveryError, type TransportError } from './errors.js';
import type { Outgoing } from './outgoing.js';

/** Why the broker closed a channel. */
export interface Refusal {
  /** AMQP reply code. */
  readonly code: number;
  /** The broker's own words. */
  readonly text: string;
}

// oslo retries these: 311 CONTENT_TOO_LARGE, 313 NO_CONSUMERS, 405 RESOURCE_LOCKED. spec 3.5.
const PASSING = new Set([311, 313, 405]);

/** Whether what the broker refused may be welcome a little later. */
export function isPassing(code: number): boolean {
  return PASSING.has(code);
}

export function refusalOf(reason: Error): Refusal {
  const code = Number((reason as { code?: unknown }).code) || 0;
  return { code, text: /with message "([\s\S]*)"$/.exec(reason.message)?.[1] ?? reason.message };
}

/** For which of the unconfirmed messages the broker closed the channel; nobody when its words do not tell. */
export function refusedOf({ text }: Refusal, unconfirmed: readonly Outgoing[]): readonly Outgoing[] {
  const size = /\bmessage size (\d+)\b/.exec(text)?.[1];
  if (size !== undefined) return unconfirmed.filter(({ body }) => body.length === Number(size));
  const userId = /\buser_id property set to '([^']*)'/.exec(text)?.[1];
  if (userId !== undefined) return unconfirmed.filter(({ properties }) => properties.userId === userId);
  const byTopic = text.includes("topic '");
  return unconfirmed.filter(
    ({ exchange, routingKey }) =>
      text.includes(`exchange '${exchange || 'amq.default'}'`) && (!byTopic || text.includes(`topic '${routingKey}'`)),
  );
}

/** `blamed`: the broker means this message, or may mean it. */
export function refusalError(
  { exchange, routingKey }: Outgoing,
  host: string,
  { code, text }: Refusal,
  blamed: boolean,
  cause: Error,
): TransportError {
  const words = `${host} refused a message to exchange '${exchange}' with routing key '${routingKey}': ${text}`;
  if (code === 404) return new DestinationNotFoundError(words, { cause });
  if (blamed) return new MessageDeliveryError(words, { outcome: 'refused', exchange, routingKey }, { cause });
  return new MessageDeliveryError(
    `${host} closed the channel without a word of which message it refuses, this one to exchange '${exchange}' with routing key '${routingKey}' or another: ${text}`,
    { outcome: 'unknown', exchange, routingKey },
    { cause },
  );
}
