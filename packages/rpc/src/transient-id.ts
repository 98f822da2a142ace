import { newId } from './ids.js';
import { nextQueueId } from './queue-manager.js';
import type { Topology } from './topology.js';

/** What tells a queue for replies or fanout from others: a fresh id, or the queue manager's. @throws InvalidArgumentError */
export function transientId(topology: Topology): string {
  return topology.queueManager ? nextQueueId(topology) : newId();
}
