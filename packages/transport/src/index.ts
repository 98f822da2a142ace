// Use it

export { decompress, decompressSync } from './compression.js';
export type { ConsumeOptions, ConsumerArguments } from './consume-options.js';
export type { Consumer } from './consumer.js';
export type { ConsumerEnd } from './consumer-end.js';
export type { Delivery } from './delivery.js';
export type { Binding, Destination, Exchange, Queue, Source } from './entities.js';
export type { PublishResult } from './outgoing.js';
export type { PublishOptions } from './publish-options.js';
export type { Body, Transport, TransportSettings } from './transport.js';
export { createTransport } from './transport.js';

// Configure it

export type { CompressedMessage, Compression, DecompressOptions } from './compression.js';
export type { AuthMechanism, Credentials, CredentialsProvider, CredentialsRequest } from './credentials.js';
export type { EntityOptions } from './entity-options.js';
export type { TransportOptions } from './options.js';
export type { OsloOptions } from './oslo-options.js';
export { resolveEntities } from './resolve-entities.js';
export type { TlsVerify } from './tls-files.js';
export type { TlsSource } from './tls-options.js';

// Watch it

export type { ConnectionState, Purpose } from './connection.js';
export type { TransportEvent } from './events.js';
export type { MeasuredRoundTrip, TransportHealth } from './health.js';

// Handle its errors

export type { ArgumentMismatch, DecompressionFailure, DeliveryOutcome, RefusalReason } from './errors.js';
export {
  ConnectionClosedError,
  ConnectionLostError,
  ConnectionRefusedError,
  DeclarationError,
  DecompressionError,
  DestinationNotFoundError,
  InvalidArgumentError,
  MessageDeliveryError,
  MessageUndeliverableError,
  TransportError,
  UnansweredError,
} from './errors.js';
