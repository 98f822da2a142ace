export { type AmqpParameters, type AuthMechanism, amqpParameters } from './amqp-parameters.js';
export { type BrokerAddress, brokerAddresses } from './broker-addresses.js';
