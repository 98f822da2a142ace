import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createTransport } from '@leveret/transport';
import { afterAll, describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer } from './index.js';
import { mergeTarget } from './target.js';
import { FakeTransport } from './testing/fake-transport.js';
import { loadVectors } from './testing/fixtures.js';
import {
  destinationOf,
  leavesQueue,
  queueArguments,
  replySource,
  resolveTopology,
  streamArguments,
  type Topology,
  type TopologyOptions,
} from './topology.js';

type Frame = { readonly method: string; readonly args: Readonly<Record<string, unknown>> };

interface EntityCase {
  readonly id: string;
  readonly kind?: string;
  /** `name=value`, options of oslo_messaging_rabbit. */
  readonly options: readonly string[];
  readonly server_frames: readonly Frame[];
  readonly client_frames: readonly Frame[];
  readonly queues_after_stop: readonly string[] | null;
}

/** A transport in memory with the options that a URL with this query gives a real one. */
function transportWith(query: string): FakeTransport {
  const transport = new FakeTransport();
  transport.options = createTransport(`rabbit://h/?${query}`, { env: false }).options;
  return transport;
}

const topologyOf = (options: TopologyOptions = {}, query = ''): Topology =>
  resolveTopology(options, transportWith(query), 100);

/** What was declared, consumed and published to, as frames, with the ids of queues blanked. */
function framesOf(transport: FakeTransport): object[] {
  const exchange = ({
    name,
    type,
    durable,
    autoDelete,
  }: {
    name: string;
    type: string;
    durable?: boolean;
    autoDelete?: boolean;
  }) => ({
    exchange: name,
    type,
    durable,
    auto_delete: autoDelete,
  });
  const consumed = transport.consumed.flatMap(({ source: { queue, bindings = [] } }) => [
    ...bindings.map((binding) => exchange(binding.exchange)),
    {
      queue: blank(queue.name),
      durable: queue.durable,
      auto_delete: queue.autoDelete,
      exclusive: queue.exclusive ?? false,
      arguments: queue.arguments,
    },
    ...bindings.map((binding) => ({
      queue: blank(queue.name),
      exchange: binding.exchange.name,
      routing_key: binding.routingKey,
    })),
  ]);
  const subscribed = transport.consumed.map(({ source: { queue }, options: { arguments: args } }) => ({
    queue: blank(queue.name),
    arguments: typeof args === 'function' ? args(undefined) : args,
  }));
  const published = transport.published.flatMap(({ destination }) =>
    destination.exchange === undefined ? [] : [exchange(destination.exchange)],
  );
  return [...consumed, ...subscribed, ...published];
}

function expectedFrames(frames: readonly Frame[]): object[] {
  const fields: Record<string, readonly string[]> = {
    'exchange.declare': ['exchange', 'type', 'durable', 'auto_delete'],
    'queue.declare': ['queue', 'durable', 'auto_delete', 'exclusive', 'arguments'],
    'queue.bind': ['queue', 'exchange', 'routing_key'],
    'basic.consume': ['queue', 'arguments'],
  };
  return frames.flatMap(({ method, args }) => {
    const names = fields[method];
    if (names === undefined) return [];
    return [Object.fromEntries(names.map((name) => [name, name === 'queue' ? blank(String(args[name])) : args[name]]))];
  });
}

const blank = (name: string): string => name.replace(/_(?:[0-9a-f]{32}|node1:\w+:\d+)$/u, '_ID');

describe.each(['14.0.3', 'master'])('entities as oslo.messaging %s declares them', (version) => {
  const vectors = loadVectors<EntityCase>(`entities-${version}`);
  // Of what was recorded two are elsewhere: compression is read in envelope.test.ts, and the login is the transport's.
  it('has all its cases', () => expect(vectors).toHaveLength(version === 'master' ? 12 : 8));

  it.each(vectors)('$id', async ({ options, server_frames, client_frames, queues_after_stop }) => {
    // Its names are the queue manager's own tests'; all else of it is here.
    const query = options.filter((option) => !/^(use_queue_manager|hostname|processname)=/u.test(option)).join('&');
    const serving = transportWith(query);
    // Beyond oslo, on purpose: the bindings by which a server hears of calls that were given up.
    const withoutBeyond = { cancelRemote: false };
    const endpoints = [{ methods: { echo: () => 1 } }];
    const server = createRpcServer(serving, { topic: 'interop', server: 's1' }, endpoints, withoutBeyond);
    await server.start();
    expect(framesOf(serving)).toEqual(expectedFrames(server_frames));
    const qos = server_frames.find(({ method }) => method === 'basic.qos')?.args['prefetch_count'];
    if (qos !== undefined) expect(serving.consumed.map((each) => each.options.prefetch)).toEqual([qos, qos, qos]);

    const calling = transportWith(query);
    const client = createRpcClient(calling, { topic: 'interop' });
    const outcome = client.call('echo', {}).catch((error: unknown) => error);
    await new Promise(setImmediate);
    await client.cast('count', {}, { fanout: true });
    expect(framesOf(calling)).toEqual(expectedFrames(client_frames));
    await client.close();
    expect(await outcome).toMatchObject({ code: 'ERR_LEVERET_CLIENT_CLOSED' });

    await server.stop();
    if (queues_after_stop === null || options.includes('use_queue_manager=true')) return;
    const stays = queues_after_stop.some((name) => name.startsWith('interop_fanout'));
    expect(serving.deleted).toHaveLength(stays ? 0 : 1);
  });
});

describe('a queue manager’s names', () => {
  const processName = `test-${randomUUID()}`;
  afterAll(() => rmSync(`/dev/shm/node1_${processName}_qmanager`, { force: true }));

  it('are those of the fanout queue and the reply queue, which stay', async () => {
    const transport = transportWith(`use_queue_manager=true&hostname=node1&processname=${processName}`);
    const server = createRpcServer(transport, { topic: 't', server: 's' }, [{ methods: { m: () => 1 } }]);
    const client = createRpcClient(transport, { topic: 't' });
    if (process.platform !== 'linux') {
      await expect(server.start()).rejects.toThrow('which Linux has');
      return;
    }
    await server.start();
    expect(await client.call('m')).toBe(1);
    await client.close();
    await server.stop();
    expect(transport.consumed.map(({ source }) => source.queue.name)).toEqual([
      't',
      't.s',
      `t_fanout_node1:${processName}:1`,
      `reply_node1:${processName}:2`,
    ]);
    expect(transport.deleted).toEqual([]);
  });

  it('are told when they cannot be counted', async () => {
    const server = createRpcServer(new FakeTransport(), { topic: 't', server: 's' }, [{ methods: { m: () => 1 } }], {
      queueManager: true,
      processName: 'a/b',
    });
    await expect(server.start()).rejects.toThrow('must not hold a /');
    expect(server.status).toBe('stopped');
  });
});

interface ArgumentCase {
  readonly id: string;
  readonly kind?: string;
  readonly in: {
    readonly rabbit_ha_queues: boolean;
    readonly queue_ttl_s: number;
    readonly quorum: boolean;
    readonly quorum_delivery_limit: number;
    readonly quorum_max_memory_length: number;
    readonly quorum_max_memory_bytes: number;
    readonly stream_fanout: boolean;
  };
  readonly out: { readonly arguments?: object; readonly error?: object };
}

describe('the arguments of a queue', () => {
  const vectors = loadVectors<ArgumentCase>('queue-arguments');
  it('has all its cases', () => expect(vectors).toHaveLength(92));

  it.each(vectors)('$id', ({ in: given, out }) => {
    const expiresMs = given.queue_ttl_s * 1000;
    const resolve = () =>
      topologyOf({
        mirrored: given.rabbit_ha_queues,
        quorum: given.quorum,
        quorumDeliveryLimit: given.quorum_delivery_limit,
        quorumMaxMemoryLength: given.quorum_max_memory_length,
        quorumMaxMemoryBytes: given.quorum_max_memory_bytes,
      });
    if (out.error !== undefined) return expect(resolve).toThrow('Configuration Error: ');
    const found = given.stream_fanout
      ? streamArguments(expiresMs)
      : queueArguments({ quorum: given.quorum, expiresMs }, resolve());
    // The order counts for nobody but is oslo's.
    expect(JSON.stringify(found)).toBe(JSON.stringify(out.arguments));
  });

  it('of a stream say a fraction of a second as a whole one', () => {
    expect(streamArguments(1_500)).toEqual({ 'x-queue-type': 'stream', 'x-max-age': '2s' });
  });
});

describe('the topology', () => {
  it('is the transport’s, but for what the options say otherwise', () => {
    const query = 'amqp_durable_queues=true&rabbit_transient_queues_ttl=600';
    expect(topologyOf({ autoDelete: true }, query)).toMatchObject({
      controlExchange: 'openstack',
      durable: true,
      autoDelete: true,
      transientExpiresMs: 600_000,
    });
    expect(topologyOf({ durable: false, controlExchange: 'nova' }, query)).toMatchObject({
      controlExchange: 'nova',
      durable: false,
    });
  });

  it('refuses what does not go together', () => {
    expect(() => topologyOf({ quorum: true }, 'rabbit_ha_queues=true')).toThrow('Configuration Error');
    expect(() => topologyOf({ streamFanout: true })).toThrow('rabbit_transient_quorum_queue');
    expect(() => topologyOf({ quorum: 1 as never })).toThrow('entities.quorum must be true or false, got 1.');
  });

  it('leaves queues that a restarted process looks for, and streams that others read', () => {
    const stream = topologyOf({ streamFanout: true, transientQuorum: true });
    const managed = topologyOf({ queueManager: true });
    const uses = ['reply', 'fanout'] as const;
    expect(uses.map((use) => leavesQueue(topologyOf(), use))).toEqual([false, false]);
    expect(uses.map((use) => leavesQueue(stream, use))).toEqual([false, true]);
    expect(uses.map((use) => leavesQueue(managed, use))).toEqual([true, true]);
  });
});

describe('where a message goes', () => {
  const destination = (fields: object) => destinationOf({ ...mergeTarget(fields), topic: 't' }, topologyOf());
  it.each([
    [{ topic: 't' }, 'openstack', 't'],
    [{ topic: 't', server: 's' }, 'openstack', 't.s'],
    [{ topic: 't', server: 's', fanout: true }, 't_fanout', ''],
    [{ topic: 't', server: 's', exchange: 'x' }, 'x', 't.s'],
    [{ topic: 't', fanout: true, exchange: 'x' }, 't_fanout', ''],
  ])('%j: exchange %s, routing key "%s"', (target, exchange, routingKey) => {
    const found = destination(target);
    expect([found.exchange?.name, found.routingKey]).toEqual([exchange, routingKey]);
  });

  it('a queue that never expires has no argument for it', () => {
    expect(replySource('x', 0, topologyOf()).queue.arguments).toEqual({});
  });
});
