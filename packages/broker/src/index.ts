// Use it
export type { Broker, RestartOptions } from './broker.js';
// Look into it
// Break it
export type { ConnectionInfo, ConnectionMatch, ConnectionStatus } from './connection-info.js';
export type { Counts } from './counters.js';
export { startBroker } from './embedded-broker.js';
// Handle its errors
export { BrokerError, type BrokerErrorCode } from './errors.js';
export type { BrokerEvent } from './events.js';
export type { CutOptions, Fault, Faults } from './faults.js';
export type { BindingInfo, ChannelInfo, ConsumerInfo, ExchangeInfo, QueueInfo } from './inspection.js';
// Configure it
export type { BrokerLimits, BrokerOptions } from './options.js';
export type { Permissions } from './users.js';
