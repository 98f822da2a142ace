// Use it

export type { Broker, RestartOptions } from './broker.js';
export { startBroker } from './embedded-broker.js';

// Configure it

export type { BrokerLimits, BrokerOptions } from './options.js';
export type { Permissions } from './users.js';

// Look into it

export type { ConnectionInfo, ConnectionStatus } from './connection-info.js';
export type { Counts } from './counters.js';
export type { BrokerEvent } from './events.js';
export type { BindingInfo, ChannelInfo, ConsumerInfo, ExchangeInfo, QueueInfo } from './inspection.js';

// Break it

export type { ConnectionMatch } from './connection-info.js';
export type { CutOptions, Fault, Faults } from './faults.js';

// Handle its errors

export { BrokerError, type BrokerErrorCode } from './errors.js';
