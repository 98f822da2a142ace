import type { Binding, Destination, Source } from '@leveret/transport';
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

/**
 * What a listener consumes: a queue for each topic and priority, which listeners share; or with a pool the one queue that
 * is called by it, of which the listeners of that pool share a copy of every notification. spec 9.
 */
export function notificationSources(
  targets: readonly { readonly topic: string; readonly exchange: string | null }[],
  priorities: readonly Priority[],
  pool: string | null,
  topology: Topology,
): readonly Source[] {
  const bindings = new Map<string, Binding[]>();
  for (const { topic, exchange } of targets) {
    for (const priority of priorities) {
      const routingKey = `${topic}.${priority}`;
      const queue = pool ?? routingKey;
      const binding = { exchange: topicExchange(exchange ?? topology.controlExchange, topology), routingKey };
      bindings.set(queue, [...(bindings.get(queue) ?? []), binding]);
    }
  }
  return [...bindings].map(([name, its]) => ({ queue: topicQueue(name, topology), bindings: its }));
}
