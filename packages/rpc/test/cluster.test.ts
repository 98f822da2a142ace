import { type RabbitmqCluster, startRabbitmqCluster } from '@leveret/tooling-rabbitmq';
import { createTransport, type Transport } from '@leveret/transport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer } from '../src/index.js';

// Only RabbitMQ has nodes.
describe('a cluster of three nodes', () => {
  let cluster: RabbitmqCluster;

  beforeAll(async () => {
    cluster = await startRabbitmqCluster();
  });
  afterAll(() => cluster?.remove());

  /** Where both connections of a transport are, as an index of the nodes; undefined while they are not on one node. */
  function nodeOf({ state }: Transport): number | undefined {
    const hosts = [state.publish, state.consume].map((each) => (each.status === 'open' ? each.host : undefined));
    if (hosts[0] !== hosts[1]) return undefined;
    const index = cluster.nodes.findIndex(({ port }) => hosts[0] === `127.0.0.1:${port}`);
    return index === -1 ? undefined : index;
  }

  async function untilWhole(): Promise<void> {
    for (const node of cluster.nodes) if (node.state === 'ended') await node.restart();
    await cluster.untilWhole();
  }

  it.each([
    // RabbitMQ refuses it for quorum queues. Classic ones are gone with their node, and declared anew.
    { how: 'once, with consumers that are cancelled on failover', kills: 1, entities: { cancelOnFailover: true } },
    { how: 'twice, with quorum queues', kills: 2, entities: { quorum: true, transientQuorum: true } },
  ])('a call outlives the node it is under way on, $how', { timeout: 240_000 }, async ({ kills, entities }) => {
    await untilWhole();
    const { name } = await cluster.createVirtualHost();
    // In one order, so that all connections go to one node.
    const options = { entities, hostOrder: 'given', hostFallbackDelayMs: 10_000, env: false } as const;
    await using near = createTransport(cluster.urlOf(name), options);
    await using far = createTransport(cluster.urlOf(name), options);
    const nodes = () => [nodeOf(near), nodeOf(far)];
    const eventually = <Value>(value: () => Value) => expect.poll(value, { timeout: 40_000, interval: 20 });
    let runs = 0;
    let open = (): void => {};
    const work = async ({ step }: { step: number }) => {
      runs += 1;
      await new Promise<void>((resolve) => {
        open = resolve;
      });
      return step;
    };
    await using server = createRpcServer(near, { topic: 'failover', server: 's1' }, [{ methods: { work } }]);
    await server.start();
    await near.connect();
    await using client = createRpcClient(far, { topic: 'failover', server: 's1' }, { timeoutMs: 90_000 });
    for (let step = 0; step < kills; step += 1) {
      await untilWhole();
      const answer = client.call('work', { step });
      await eventually(() => runs).toBe(step + 1);
      await eventually(nodes).toEqual([step, step]);
      await cluster.nodes[step]?.kill();
      await eventually(nodes).toEqual([step + 1, step + 1]);
      open();
      expect(await answer).toBe(step);
    }
    expect(runs).toBe(kills);
  });
});
