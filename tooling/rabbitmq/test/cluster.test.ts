import { existsSync } from 'node:fs';
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RabbitmqCluster, type RabbitmqNode, startRabbitmqCluster } from '../src/index.ts';

const quorum = { durable: true, arguments: { 'x-queue-type': 'quorum' } };

describe('a cluster of our own', () => {
  let cluster: RabbitmqCluster;
  const open = new Set<ChannelModel>();

  beforeAll(async () => {
    cluster = await startRabbitmqCluster();
  });
  afterEach(() => {
    for (const { connection } of open) (connection as unknown as { stream: { destroy(): void } }).stream.destroy();
    open.clear();
  });
  afterAll(() => cluster.remove());

  async function channelAt(index: number, virtualHost: string): Promise<ConfirmChannel> {
    const model = await connect((cluster.nodes[index] as RabbitmqNode).urlOf(virtualHost));
    model.on('error', () => {});
    open.add(model);
    const channel = await model.createConfirmChannel();
    channel.on('error', () => {});
    return channel;
  }

  it('has one URL for all of its nodes', () => {
    const [a, b, c] = cluster.nodes.map(({ port }) => port);
    const user = `leveret:${cluster.nodes[0]?.password}`;
    expect(cluster.url).toBe(`rabbit://${user}@127.0.0.1:${a},${user}@127.0.0.1:${b},${user}@127.0.0.1:${c}/`);
    expect(cluster.urlOf('a/b', [1, 2, 3])).toBe(
      `rabbit://${user}@127.0.0.1:1,${user}@127.0.0.1:2,${user}@127.0.0.1:3/a%2Fb`,
    );
  });

  it('shares virtual hosts and queues between its nodes, and gives a quorum queue a member on each', async () => {
    const { name } = await cluster.createVirtualHost();
    await (await channelAt(0, name)).assertQueue('shared', quorum);
    expect(await cluster.membersOf(name, 'shared')).toEqual([0, 1, 2]);
    for (const index of [1, 2]) await (await channelAt(index, name)).checkQueue('shared');
  });

  it('keeps a quorum queue while the node of its leader is dead, and takes the node back', async () => {
    const { name } = await cluster.createVirtualHost();
    await (await channelAt(0, name)).assertQueue('kept', quorum);
    const leader = (await cluster.leaderOf(name, 'kept')) as number;
    const dead = cluster.nodes[leader] as RabbitmqNode;
    const [survivor = 0] = [0, 1, 2].filter((index) => index !== leader);
    const channel = await channelAt(survivor, name);
    channel.sendToQueue('kept', Buffer.from('before'), { persistent: true });
    await channel.waitForConfirms();

    await dead.kill();
    expect(cluster.nodes.filter(({ state }) => state === 'running')).toHaveLength(2);
    channel.sendToQueue('kept', Buffer.from('during'), { persistent: true });
    await channel.waitForConfirms();
    await expect.poll(() => cluster.leaderOf(name, 'kept'), { timeout: 10_000 }).not.toBe(leader);

    await dead.restart();
    await cluster.untilWhole();
    await expect.poll(() => cluster.membersOf(name, 'kept'), { timeout: 10_000 }).toEqual([0, 1, 2]);
    const seen = await channelAt(leader, name);
    const messages = [await seen.get('kept', { noAck: true }), await seen.get('kept', { noAck: true })];
    expect(messages.map((message) => (message === false ? undefined : message.content.toString()))).toEqual([
      'before',
      'during',
    ]);
  }, 120_000);

  it('freezes and thaws a node, and stays whole', async () => {
    const { name } = await cluster.createVirtualHost();
    await (await channelAt(0, name)).assertQueue('cold', quorum);
    const leader = (await cluster.leaderOf(name, 'cold')) as number;
    const channel = await channelAt((leader + 1) % 3, name);
    const node = cluster.nodes[leader] as RabbitmqNode;
    await node.freeze();
    expect(cluster.nodes.map(({ state }) => state)[leader]).toBe('frozen');
    node.thaw();
    await cluster.untilWhole();
    channel.sendToQueue('cold', Buffer.from('x'), { persistent: true });
    await channel.waitForConfirms();
    expect(cluster.nodes.map(({ state }) => state)).toEqual(['running', 'running', 'running']);
  });

  it('leaves neither process nor folder behind', async () => {
    const pids = cluster.nodes.map(({ pid }) => pid);
    await cluster.remove();
    expect(cluster.nodes.map(({ state }) => state)).toEqual(['removed', 'removed', 'removed']);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(cluster.nodes.map(({ coordinates }) => existsSync(coordinates.folder))).toEqual([false, false, false]);
  });
});
