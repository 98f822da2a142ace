import { replaceHeaders } from './codec/properties.js';
import { Message } from './message.js';
import { headersOf, withHeader } from './message-headers.js';

/** The message as a quorum queue delivers it: with how often it came back, from the first delivery on. */
export function withDeliveryCount(message: Message, count: number): Message {
  const headers = withHeader(headersOf(message), 'x-delivery-count', { type: 'l', value: BigInt(count) });
  return new Message(
    message.exchange,
    message.routingKey,
    replaceHeaders(message.propertyOctets, headers),
    message.body,
  );
}
