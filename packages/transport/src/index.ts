// Use it

// Watch it
export type { ConnectionState, Purpose } from './connection.js';
export type { ConsumeOptions } from './consume-options.js';
export type { Consumer } from './consumer.js';
export type { ConsumerEnd } from './consumer-end.js';
export type { Delivery } from './delivery.js';
export type { Binding, Destination, Exchange, Queue, Source } from './entities.js';
export type { ArgumentMismatch, DeliveryOutcome, RefusalReason } from './errors.js';
// Handle its errors
export {
  ConnectionClosedError,
  ConnectionLostError,
  ConnectionRefusedError,
  DeclarationError,
  DestinationNotFoundError,
  InvalidArgumentError,
  MessageDeliveryError,
  MessageUndeliverableError,
  TransportError,
} from './errors.js';
export type { TransportEvent } from './events.js';
// Configure it
export type { TransportOptions } from './options.js';
export type { PublishOptions, PublishResult, Transport, TransportHealth } from './transport.js';
export { createTransport } from './transport.js';
