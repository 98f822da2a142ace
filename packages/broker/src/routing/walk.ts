import type { Exchange } from '../exchange.js';
import type { Message } from '../message.js';
import type { Queue } from '../queue.js';

/**
 * The queues a message reaches from an exchange, by way of others too: those bound to it, and the alternate one of each
 * exchange where nothing matches. Each exchange is passed once, so circles end.
 */
export function walk(
  start: Exchange,
  routingKeys: readonly string[],
  message: Message,
  find: (name: string) => Exchange | undefined,
): readonly Queue[] {
  const queues = new Set<Queue>();
  const exchanges = new Set([start]);
  // A set hands out what is added while it is gone through.
  for (const exchange of exchanges) {
    let matched = false;
    for (const routingKey of routingKeys) {
      const match = exchange.match(routingKey, message);
      for (const queue of match.queues) queues.add(queue);
      for (const next of match.exchanges) exchanges.add(next);
      matched ||= match.queues.length > 0 || match.exchanges.length > 0;
    }
    const alternate = matched || exchange.alternate === undefined ? undefined : find(exchange.alternate);
    if (alternate !== undefined) exchanges.add(alternate);
  }
  return [...queues];
}
