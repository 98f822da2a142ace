// Use it

// Configure it
export { type AmqpParameters, type AuthMechanism, amqpParameters } from './amqp-parameters.js';
export { type BrokerAddress, brokerAddresses } from './broker-addresses.js';
export { createTransportUrl, type TransportHostInit, type TransportUrlInit } from './create.js';
// Handle its errors
export { TransportUrlError, type TransportUrlErrorCode, type TransportUrlErrorFacts } from './errors.js';
export { type FormatOptions, formatTransportUrl } from './format.js';
export { type ParseOptions, parseTransportUrl } from './parse.js';
export { redact } from './redact.js';
export { Secret } from './secret.js';
export type { Dialect, TransportHost, TransportUrl, UrlWarning, UrlWarningCode } from './transport-url.js';
