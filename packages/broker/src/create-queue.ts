import { Queue, type QueueLimits, type QueueSurroundings } from './queue.js';
import type { QueueDefinition } from './queue-definition.js';
import { StreamQueue } from './stream-queue.js';

/** A queue of the type its definition says. */
export function createQueue(
  name: string,
  virtualHost: string,
  definition: QueueDefinition,
  surroundings: QueueSurroundings,
  limits?: QueueLimits,
): Queue {
  const Type = definition.type === 'stream' ? StreamQueue : Queue;
  return new Type(name, virtualHost, definition, surroundings, limits);
}
