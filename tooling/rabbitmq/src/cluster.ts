import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VirtualHost } from './control.ts';
import { RabbitmqToolingError } from './errors.ts';
import { erlangBinary } from './evaluate.ts';
import { openHousehold } from './household.ts';
import { nodeNameOf, type RabbitmqNode, startNode } from './node.ts';
import { freePorts } from './ports.ts';

/** What {@link startRabbitmqCluster} can be told. */
export interface ClusterOptions {
  /** How many nodes. Default 3. */
  readonly size?: number;
  /** Lines added to the rabbitmq.conf of every node. */
  readonly config?: readonly string[];
  /** Every node must accept connections within this many milliseconds. Default 180 000. */
  readonly startTimeoutMs?: number;
}

/** A cluster of our own on loopback. */
export interface RabbitmqCluster extends AsyncDisposable {
  /** Each can be commanded, killed, stopped, restarted and frozen by itself; one of them at least must run. */
  readonly nodes: readonly RabbitmqNode[];
  /** One URL with all nodes, in oslo.messaging's dialect; the virtual host `/`, as the administrator. */
  readonly url: string;
  /** The same for another virtual host, and by other ports, such as those of proxies, in the order of `nodes`. */
  urlOf(virtualHost: string, ports?: readonly number[]): string;
  /** Creates a virtual host on all nodes, in which the administrator may do everything. Default name: a new one. */
  createVirtualHost(name?: string): Promise<VirtualHost>;
  /** Where the leader of a quorum queue is, as an index of `nodes`; `undefined` while there is none. */
  leaderOf(virtualHost: string, queue: string): Promise<number | undefined>;
  /** Where the members of a quorum queue run, as indexes of `nodes`. */
  membersOf(virtualHost: string, queue: string): Promise<readonly number[]>;
  /**
   * Resolves when every node that runs knows that it is in a cluster with all the others that run.
   *
   * @throws {RabbitmqToolingError} ERR_LEVERET_TOOLING_CONTROL after `timeoutMs`. Default 60 000.
   */
  untilWhole(timeoutMs?: number): Promise<void>;
  /** Ends all nodes at once, and removes their folder. */
  remove(): Promise<void>;
}

// A node listens before it has booted, and until then it is told of no virtual host.
const runningNodes =
  'case rabbit:is_booted(node()) of true -> [atom_to_binary(Node, utf8) || Node <- rabbit_nodes:all_running()]; false -> [] end';

/**
 * Starts a cluster of small nodes, all at a time; they find each other by the names that they are given. Quorum queues
 * that are declared afterwards have a member on each of three nodes.
 *
 * @throws {RabbitmqToolingError} ERR_LEVERET_TOOLING_NO_RABBITMQ, ERR_LEVERET_TOOLING_INSTALL, ERR_LEVERET_TOOLING_START
 */
export async function startRabbitmqCluster(options: ClusterOptions = {}): Promise<RabbitmqCluster> {
  const { size = 3, config = [], startTimeoutMs = 180_000 } = options;
  const household = await openHousehold();
  try {
    const ports = await freePorts(2 * size);
    const names = ports.slice(0, size).map(nodeNameOf);
    const discovery = [
      'cluster_formation.peer_discovery_backend = classic_config',
      ...names.map((name, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${name}`),
    ];
    const nodes = await Promise.all(
      names.map((_name, index) => {
        const folder = join(household.folder, `node-${index + 1}`);
        mkdirSync(folder);
        const [port = 0, distributionPort = 0] = [ports[index], ports[size + index]];
        return startNode(household, {
          folder,
          port,
          distributionPort,
          config: [...discovery, ...config],
          startTimeoutMs,
        });
      }),
    );
    const cluster = commandCluster(nodes, household.release);
    await cluster.untilWhole();
    return cluster;
  } catch (error) {
    await household.release();
    throw error;
  }
}

function commandCluster(nodes: readonly RabbitmqNode[], remove: () => Promise<void>): RabbitmqCluster {
  const running = (): readonly RabbitmqNode[] => nodes.filter(({ state }) => state === 'running');
  const anyNode = (): RabbitmqNode => {
    const [node] = running();
    if (node !== undefined) return node;
    throw new RabbitmqToolingError('ERR_LEVERET_TOOLING_CONTROL', 'No node of the cluster runs; restart one first.');
  };
  /** Asks every node that runs, again and again, until their answers are as they should be. */
  const untilAll = async (
    expression: string,
    isSo: (answers: readonly unknown[]) => boolean,
    { timeoutMs, problem }: { readonly timeoutMs: number; problem(answers: readonly unknown[]): string },
  ): Promise<void> => {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const answers = await Promise.all(running().map((node) => node.evaluate(expression)));
      if (isSo(answers)) return;
      if (performance.now() > deadline) {
        throw new RabbitmqToolingError('ERR_LEVERET_TOOLING_CONTROL', `${problem(answers)} Waited ${timeoutMs} ms.`);
      }
      await sleep(100);
    }
  };
  const untilWhole = async (timeoutMs = 60_000): Promise<void> => {
    const sizes = (answers: readonly unknown[]): number[] => answers.map((names) => (names as string[]).length);
    await untilAll(runningNodes, (answers) => sizes(answers).every((size) => size === answers.length), {
      timeoutMs,
      problem: (answers) =>
        `The nodes of the cluster did not find each other; they see ${sizes(answers).join(', ')} of ${answers.length}.`,
    });
  };
  const indexOf = (nodeName: string): number => nodes.findIndex(({ coordinates }) => coordinates.nodeName === nodeName);
  const ask = (virtualHost: string, queue: string, item: 'leader' | 'online'): Promise<unknown> =>
    anyNode().evaluate(
      `{ok, Queue} = rabbit_amqqueue:lookup(rabbit_misc:r(${erlangBinary(virtualHost)}, queue, ${erlangBinary(queue)})),
       [{_, Value}] = rabbit_amqqueue:info(Queue, [${item}]),
       [atom_to_binary(Node, utf8) || Node <- lists:flatten([Value]), is_atom(Node), Node =/= '']`,
    );
  const urlOf = (virtualHost: string, ports = nodes.map(({ port }) => port)): string => {
    const hosts = ports.map((port, index) => {
      const { username, password, hostname } = nodes[index] as RabbitmqNode;
      return `${encodeURIComponent(username)}:${encodeURIComponent(password)}@${hostname}:${port}`;
    });
    return `rabbit://${hosts.join(',')}/${virtualHost === '/' ? '' : encodeURIComponent(virtualHost)}`;
  };
  return {
    nodes,
    url: urlOf('/'),
    urlOf,
    createVirtualHost: async (name = `leveret-${randomBytes(6).toString('hex')}`) => {
      await untilWhole();
      await anyNode().createVirtualHost(name);
      // Each node starts its part by itself, and refuses the virtual host until it has.
      const usable = `rabbit_vhost_sup_sup:is_vhost_alive(${erlangBinary(name)})`;
      await untilAll(usable, (answers) => answers.every((answer) => answer === true), {
        timeoutMs: 20_000,
        problem: (answers) => `The virtual host ${name} did not start on every node: ${answers.join(', ')}.`,
      });
      return { name, url: urlOf(name) };
    },
    leaderOf: async (virtualHost, queue) => {
      const [leader] = (await ask(virtualHost, queue, 'leader')) as string[];
      return leader === undefined ? undefined : indexOf(leader);
    },
    membersOf: async (virtualHost, queue) =>
      ((await ask(virtualHost, queue, 'online')) as string[]).map(indexOf).sort((a, b) => a - b),
    untilWhole,
    remove,
    [Symbol.asyncDispose]: remove,
  };
}
