import type { Destination, Exchange, Queue, Source } from '@leveret/transport';
import type { ResolvedTarget } from './target.js';

/** How the entities that all peers share are declared: everyone must agree, or the broker refuses (406). */
export interface TopologyOptions {
  /** The topic exchange of targets without one. Default `openstack`. oslo: `control_exchange`. */
  readonly controlExchange?: string;
  /** Topic exchange and topic queues survive a broker restart. Default false. oslo: `amqp_durable_queues`. */
  readonly durable?: boolean;
  /** Topic exchange and topic queues go with their last user. Default false. oslo: `amqp_auto_delete`. */
  readonly autoDelete?: boolean;
  /** Topic queues are quorum queues, hence durable. Default false. oslo: `rabbit_quorum_queue`. */
  readonly quorum?: boolean;
}

/** The same, with nothing left open. */
export interface Topology {
  readonly controlExchange: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly quorum: boolean;
}

/** The names of all fields. */
export const TOPOLOGY_FIELDS: readonly string[] = ['controlExchange', 'durable', 'autoDelete', 'quorum'];

/** How long the end of a server or client waits to delete its own queue: left behind, it expires by itself. */
export const QUEUE_DELETION_MS = 1_000;

/** Half an hour, oslo's `rabbit_transient_queues_ttl`. */
export const TRANSIENT_QUEUE_EXPIRES_MS = 1_800_000;

export function resolveTopology(options: TopologyOptions): Topology {
  const { controlExchange = 'openstack', durable = false, autoDelete = false, quorum = false } = options;
  return { controlExchange, durable: durable || quorum, autoDelete, quorum };
}

/** Where a message for this target goes: fanout comes before server, server before topic. spec 6. */
export function destinationOf(target: ResolvedTarget & { readonly topic: string }, topology: Topology): Destination {
  if (target.fanout) return { exchange: fanoutExchange(target.topic), routingKey: '' };
  return {
    exchange: topicExchange(target.exchange ?? topology.controlExchange, topology),
    routingKey: target.server === null ? target.topic : `${target.topic}.${target.server}`,
  };
}

/** What a server listens to, in oslo's order: its topic, itself, and everyone's. spec 5. */
export function serverSources(
  target: { readonly exchange: string | null; readonly topic: string; readonly server: string },
  fanoutId: string,
  expiresMs: number,
  topology: Topology,
): readonly [Source, Source, Source] {
  const { topic, server } = target;
  const exchange = topicExchange(target.exchange ?? topology.controlExchange, topology);
  const shared = (name: string): Source => ({
    queue: {
      name,
      durable: topology.durable,
      autoDelete: topology.autoDelete,
      arguments: topology.quorum ? { 'x-queue-type': 'quorum' } : {},
    },
    bindings: [{ exchange, routingKey: name }],
  });
  return [
    shared(topic),
    shared(`${topic}.${server}`),
    {
      queue: transientQueue(`${topic}_fanout_${fanoutId}`, expiresMs),
      bindings: [{ exchange: fanoutExchange(topic), routingKey: topic }],
    },
  ];
}

/** A client's own queue for replies, reached by its name through the default exchange. */
export function replySource(id: string, expiresMs: number): Source {
  return { queue: transientQueue(`reply_${id}`, expiresMs), bindings: [] };
}

// Not exclusive and not auto-delete: it outlives the socket, and what was sent meanwhile is still there after a reconnect.
function transientQueue(name: string, expiresMs: number): Queue {
  return {
    name,
    durable: false,
    exclusive: false,
    autoDelete: false,
    arguments: expiresMs > 0 ? { 'x-expires': expiresMs } : {},
  };
}

function topicExchange(name: string, { durable, autoDelete }: Topology): Exchange {
  return { name, type: 'topic', durable, autoDelete };
}

function fanoutExchange(topic: string): Exchange {
  return { name: `${topic}_fanout`, type: 'fanout', durable: false, autoDelete: true };
}
