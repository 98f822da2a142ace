import { openHousehold } from './household.ts';
import { type RabbitmqNode, startNode } from './node.ts';
import { freePorts } from './ports.ts';

/** What {@link startRabbitmq} can be told. */
export interface RabbitmqOptions {
  /** Lines added to rabbitmq.conf, such as `heartbeat = 5`. */
  readonly config?: readonly string[];
  /** The broker must accept connections within this many milliseconds. Default 120 000. */
  readonly startTimeoutMs?: number;
}

/** A broker of our own, of one node. */
export interface Rabbitmq extends RabbitmqNode, AsyncDisposable {
  /** Ends it at once and removes its folder. What is forgotten is removed when this process ends, in whatever way. */
  remove(): Promise<void>;
}

/**
 * Starts a broker of our own on loopback, with its own folder, node name, ports and Erlang cookie. It shares nothing with
 * any other broker of the machine, and ends when this process does, in whatever way.
 *
 * @throws {RabbitmqToolingError} ERR_LEVERET_TOOLING_NO_RABBITMQ, ERR_LEVERET_TOOLING_INSTALL, ERR_LEVERET_TOOLING_START
 */
export async function startRabbitmq(options: RabbitmqOptions = {}): Promise<Rabbitmq> {
  const { config = [], startTimeoutMs = 120_000 } = options;
  const household = await openHousehold();
  try {
    const [port = 0, distributionPort = 0] = await freePorts(2);
    const { folder, release: remove } = household;
    const node = await startNode(household, { folder, port, distributionPort, config, startTimeoutMs });
    return Object.assign(node, { remove, [Symbol.asyncDispose]: remove });
  } catch (error) {
    await household.release();
    throw error;
  }
}
