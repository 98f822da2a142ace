import { type DeliveryOutcome, MessageDeliveryError } from './errors.js';
import type { Outgoing } from './outgoing.js';

const DETAILS: Readonly<Record<DeliveryOutcome, string>> = {
  'not-sent': 'It was not sent.',
  unknown: 'Whether the broker has it is unknown.',
  refused: 'Some of several queues may have it.',
};

/** `why`: the reason, as the end of a sentence. The outcome is told by whether it was written, unless it is given. */
export function deliveryError(
  { exchange, routingKey, attempts }: Outgoing,
  why: string,
  { outcome = attempts === 0 ? 'not-sent' : 'unknown', cause }: { outcome?: DeliveryOutcome; cause?: unknown } = {},
): MessageDeliveryError {
  return new MessageDeliveryError(
    `A message to exchange '${exchange}' with routing key '${routingKey}' was not delivered: ${why}. ${DETAILS[outcome]}`,
    { outcome, exchange, routingKey },
    cause === undefined ? undefined : { cause },
  );
}
