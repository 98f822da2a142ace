export { type AmqpParameters, type AuthMechanism, amqpParameterNames, amqpParameters } from './amqp-parameters.js';
export { type BrokerAddress, brokerAddresses } from './broker-addresses.js';
