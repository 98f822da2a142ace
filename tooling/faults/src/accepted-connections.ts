import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RabbitmqNode } from '@leveret/tooling-rabbitmq';

/**
 * Has the broker log everything from now on, until it ends: from 500 lines a second on it would drop some, and connections
 * would be missing that {@link acceptedConnections} counts.
 */
export async function logEverything(broker: RabbitmqNode): Promise<void> {
  const settings = '#{burst_limit_enable => false, drop_mode_qlen => 100000, flush_qlen => 100000}';
  await broker.evaluate(
    `[ok = logger:update_handler_config(Id, config, ${settings}) || Id <- logger:get_handler_ids(), Id =/= default], true`,
  );
}

/**
 * When a broker has accepted connections, out of its log, in ms since 1970 and ascending: also of those that did not get
 * any further. Counting at a proxy would take from the clients half of a small machine.
 */
export async function acceptedConnections({ coordinates }: RabbitmqNode, sinceMs: number): Promise<readonly number[]> {
  const log = await readFile(join(coordinates.folder, 'log', 'rabbitmq.log'), 'utf8');
  return [...log.matchAll(/^(\d{4}-\d\d-\d\d \S+) \[info\] \S+ accepting AMQP connection/gm)]
    .map(([, time = '']) => Date.parse(time.replace(' ', 'T')))
    .filter((time) => time >= sinceMs)
    .sort((a, b) => a - b);
}
