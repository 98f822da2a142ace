import { describe, expect, it } from 'vitest';
import { mergeTarget } from './target.js';
import { loadVectors } from './testing/fixtures.js';
import { destinationOf, replySource, resolveTopology, serverSources, type TopologyOptions } from './topology.js';

interface EntityCase {
  readonly id: string;
  readonly kind?: string;
  readonly server_frames: { method: string; args: Record<string, unknown> }[];
  readonly reply_queue: {
    name: string;
    durable: boolean;
    auto_delete: boolean;
    exclusive: boolean;
    arguments: unknown[];
  } | null;
}

const OPTIONS: Record<string, TopologyOptions & { ttlMs?: number }> = {
  default: {},
  durable: { durable: true },
  auto_delete: { autoDelete: true },
  durable_auto_delete: { durable: true, autoDelete: true },
  quorum: { quorum: true },
  ttl600: { ttlMs: 600_000 },
};

describe('the entities of a server and a client, as oslo.messaging declares them', () => {
  const vectors = loadVectors<EntityCase>('entities');
  it('has all its cases', () => expect(vectors.map(({ id }) => id)).toEqual(Object.keys(OPTIONS)));

  it.each(vectors)('$id', ({ id, server_frames, reply_queue }) => {
    const { ttlMs = 1_800_000, ...options } = OPTIONS[id] ?? {};
    const topology = resolveTopology(options);
    const fanoutId = /^interop_fanout_(.*)$/u.exec(String(server_frames[7]?.args['queue']))?.[1] ?? '';
    const sources = serverSources({ exchange: null, topic: 'interop', server: 's1' }, fanoutId, ttlMs, topology);
    const declared = sources.flatMap(({ queue, bindings = [] }) =>
      bindings.flatMap(({ exchange, routingKey }) => [
        { name: exchange.name, type: exchange.type, durable: exchange.durable, autoDelete: exchange.autoDelete },
        {
          name: queue.name,
          durable: queue.durable,
          autoDelete: queue.autoDelete,
          exclusive: queue.exclusive ?? false,
          arguments: queue.arguments,
        },
        { queue: queue.name, exchange: exchange.name, routingKey },
      ]),
    );
    expect(declared).toEqual(
      server_frames
        .filter(({ method }) => method !== 'basic.consume')
        .map(({ method, args }) => {
          if (method === 'queue.bind')
            return { queue: args['queue'], exchange: args['exchange'], routingKey: args['routing_key'] };
          const { durable, auto_delete: autoDelete } = args;
          return method === 'exchange.declare'
            ? { name: args['exchange'], type: args['type'], durable, autoDelete }
            : { name: args['queue'], durable, autoDelete, exclusive: args['exclusive'], arguments: args['arguments'] };
        }),
    );
    if (reply_queue === null) return;
    expect(replySource(reply_queue.name.slice('reply_'.length), ttlMs)).toEqual({
      queue: {
        name: reply_queue.name,
        durable: false,
        exclusive: false,
        autoDelete: false,
        arguments: { 'x-expires': 1_800_000 },
      },
      bindings: [],
    });
  });
});

describe('where a message goes', () => {
  const topology = resolveTopology({});
  const destination = (fields: object) => destinationOf({ ...mergeTarget(fields), topic: 't' }, topology);
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
    expect(replySource('x', 0).queue.arguments).toEqual({});
  });
});
