// Use it

// Watch it
export type { CompressedMessage, Compression, DecompressOptions } from './compression.js';
export { decompress, decompressSync } from './compression.js';
export type { ConnectionState, Purpose } from './connection.js';
export type { ConsumeOptions, ConsumerArguments } from './consume-options.js';
export type { Consumer } from './consumer.js';
export type { ConsumerEnd } from './consumer-end.js';
// Configure it
export type { AuthMechanism, Credentials, CredentialsProvider, CredentialsRequest } from './credentials.js';
export type { Delivery } from './delivery.js';
export type { Binding, Destination, Exchange, Queue, Source } from './entities.js';
// Configure it
export type { EntityOptions } from './entity-options.js';
export type { ArgumentMismatch, DecompressionFailure, DeliveryOutcome, RefusalReason } from './errors.js';
// Handle its errors
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
} from './errors.js';
export type { TransportEvent } from './events.js';
export type { MeasuredRoundTrip, TransportHealth } from './health.js';
export type { TransportOptions } from './options.js';
export type { OsloOptions } from './oslo-options.js';
export type { PublishResult } from './outgoing.js';
export type { PublishOptions } from './publish-options.js';
export { resolveEntities } from './resolve-entities.js';
export type { TlsVerify } from './tls-files.js';
export type { TlsSource } from './tls-options.js';
export type { Transport, TransportSettings } from './transport.js';
export { createTransport } from './transport.js';
