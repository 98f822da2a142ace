/** Every entry in one, for the tests. */
export * from '../src/amqp-parameters.js';
export * from '../src/broker-addresses.js';
export * from '../src/create.js';
export * from '../src/format.js';
export * from '../src/index.js';
export * from '../src/redact.js';
