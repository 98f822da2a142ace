import type { FieldTable } from './codec/field-table.js';
import { tableOf } from './codec/plain-table.js';

declare const LEVERET_VERSION: string;

/**
 * What the broker says of itself. Product and version are those whose behaviour it follows, because clients choose
 * their behaviour by them; platform and information say what it really is.
 */
export const SERVER_PROPERTIES: FieldTable = tableOf({
  capabilities: {
    publisher_confirms: true,
    exchange_exchange_bindings: true,
    'basic.nack': true,
    consumer_cancel_notify: true,
    'connection.blocked': true,
    consumer_priorities: true,
    authentication_failure_close: true,
    per_consumer_qos: true,
    direct_reply_to: true,
  },
  cluster_name: 'leveret@localhost',
  copyright: 'The maintainers of leveret',
  information: 'An embedded broker for development and tests, not RabbitMQ: @leveret/broker',
  platform: `leveret ${LEVERET_VERSION}`,
  product: 'RabbitMQ',
  version: '3.10.8',
});
