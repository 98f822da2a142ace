export { startOwnBroker } from './start-own-broker.ts';
export type { BrokerAccess, BrokerControl, OwnBroker } from './surface.ts';
export { useBroker } from './use-broker.ts';
