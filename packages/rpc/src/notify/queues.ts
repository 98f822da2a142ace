import type { Destination } from '@leveret/transport';
import { type Topology, topicExchange, topicQueue } from '../topology.js';
import type { Priority } from './priority.js';

/**
 * Where a notification goes. The publisher declares the queue of the same name as well, so that nothing is lost before a
 * listener has been there. spec 6.
 */
export function notificationDestination(topic: string, priority: Priority, topology: Topology): Destination {
  const name = `${topic}.${priority}`;
  return {
    exchange: topicExchange(topology.controlExchange, topology),
    routingKey: name,
    queue: topicQueue(name, topology),
  };
}
