import {
  type Binding,
  type Destination,
  type EntityOptions,
  type Exchange,
  type Queue,
  resolveEntities,
  type Source,
  type Transport,
} from '@leveret/transport';
import { cancelRoutingKey } from './cancel-message.js';
import type { ResolvedTarget } from './target.js';

/**
 * How the entities that all peers share are declared: everyone must agree, or the broker refuses (406). What is not given
 * is the transport's: `transport.options.entities`, which its URL and the environment can say.
 */
export interface TopologyOptions extends EntityOptions {
  /** The topic exchange of targets without one. Default `openstack`. oslo: `control_exchange`. */
  readonly controlExchange?: string;
}

/** The same, with nothing left open. */
export interface Topology extends Required<EntityOptions> {
  readonly controlExchange: string;
}

const ENTITY_FIELDS = [
  'durable',
  'autoDelete',
  'quorum',
  'transientQuorum',
  'quorumDeliveryLimit',
  'quorumMaxMemoryLength',
  'quorumMaxMemoryBytes',
  'mirrored',
  'transientExpiresMs',
  'streamFanout',
  'cancelOnFailover',
  'queueManager',
  'hostName',
  'processName',
] as const satisfies readonly (keyof EntityOptions)[];

/** The names of all fields. */
export const TOPOLOGY_FIELDS: readonly string[] = ['controlExchange', ...ENTITY_FIELDS];

/** How long the end of a server or client waits to delete its own queue: left behind, it expires by itself. */
export const QUEUE_DELETION_MS = 1_000;

/** @throws InvalidArgumentError for what cannot be, and for what does not go together. */
export function resolveTopology(options: TopologyOptions, transport: Transport, prefetch: number): Topology {
  const overrides = Object.fromEntries(ENTITY_FIELDS.map((name) => [name, options[name]])) as EntityOptions;
  const entities = resolveEntities(transport.options.entities, overrides, prefetch);
  return { ...entities, controlExchange: options.controlExchange ?? 'openstack' };
}

/** Where a message for this target goes: fanout comes before server, server before topic. spec 6. */
export function destinationOf(target: ResolvedTarget & { readonly topic: string }, topology: Topology): Destination {
  if (target.fanout) return { exchange: fanoutExchange(target.topic, topology), routingKey: '' };
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
    queue: topicQueue(name, topology),
    bindings: [{ exchange, routingKey: name }],
  });
  return [
    shared(topic),
    shared(`${topic}.${server}`),
    {
      queue: topology.streamFanout
        ? fanoutStream(topic, expiresMs)
        : transientQueue(`${topic}_fanout_${fanoutId}`, expiresMs, topology),
      bindings: [{ exchange: fanoutExchange(topic, topology), routingKey: topic }],
    },
  ];
}

/** What a server of ours binds its fanout queue by as well, to hear of calls that were given up. */
export function cancelBindings(
  { exchange, topic, server }: { readonly exchange: string | null; readonly topic: string; readonly server: string },
  topology: Topology,
): readonly Binding[] {
  const declared = topicExchange(exchange ?? topology.controlExchange, topology);
  return [topic, `${topic}.${server}`].map((key) => ({ exchange: declared, routingKey: cancelRoutingKey(key) }));
}

/** A client's own queue for replies, reached by its name through the default exchange. */
export function replySource(id: string, expiresMs: number, topology: Topology): Source {
  return { queue: transientQueue(`reply_${id}`, expiresMs, topology), bindings: [] };
}

/** Whether the queue of a server for fanout, or of a client for replies, goes with it: what others use, or a restarted process looks for, stays. */
export function leavesQueue({ queueManager, streamFanout }: Topology, use: 'reply' | 'fanout'): boolean {
  return queueManager || (streamFanout && use === 'fanout');
}

/** Arguments of every consumer but those of streams. */
export function consumerArguments({ cancelOnFailover }: Topology): Readonly<Record<string, unknown>> {
  return cancelOnFailover ? { 'x-cancel-on-ha-failover': true } : {};
}

/** Arguments of a queue, in oslo's order. */
export function queueArguments(
  { quorum, expiresMs }: { readonly quorum: boolean; readonly expiresMs: number },
  topology: Topology,
): Readonly<Record<string, unknown>> {
  const { mirrored, quorumDeliveryLimit, quorumMaxMemoryLength, quorumMaxMemoryBytes } = topology;
  const positive = (name: string, value: number) => (value > 0 ? { [name]: value } : {});
  return {
    ...(mirrored ? { 'x-ha-policy': 'all' } : {}),
    ...(quorum
      ? {
          'x-queue-type': 'quorum',
          ...positive('x-delivery-limit', quorumDeliveryLimit),
          ...positive('x-max-in-memory-length', quorumMaxMemoryLength),
          ...positive('x-max-in-memory-bytes', quorumMaxMemoryBytes),
        }
      : {}),
    ...positive('x-expires', expiresMs),
  };
}

/** Arguments of a stream; an age is said in whole seconds. */
export function streamArguments(expiresMs: number): Readonly<Record<string, unknown>> {
  const age = expiresMs > 0 ? { 'x-max-age': `${Math.ceil(expiresMs / 1000)}s` } : {};
  return { 'x-queue-type': 'stream', ...age };
}

// Not exclusive and not auto-delete: it outlives the socket, and what was sent meanwhile is still there after a reconnect.
function transientQueue(name: string, expiresMs: number, topology: Topology): Queue {
  const quorum = topology.transientQuorum;
  const args = queueArguments({ quorum, expiresMs }, topology);
  return { name, durable: quorum, exclusive: false, autoDelete: false, arguments: args };
}

// One for all servers of the topic, each of which reads it for itself.
function fanoutStream(topic: string, expiresMs: number): Queue {
  const args = streamArguments(expiresMs);
  return { name: `${topic}_fanout`, durable: true, exclusive: false, autoDelete: false, arguments: args };
}

/** The exchange that topics share. */
export function topicExchange(name: string, { durable, quorum, autoDelete }: Topology): Exchange {
  return { name, type: 'topic', durable: durable || quorum, autoDelete };
}

/** A queue that whoever listens to the same topic shares. */
export function topicQueue(name: string, topology: Topology): Queue {
  const { durable, quorum, autoDelete } = topology;
  return {
    name,
    durable: durable || quorum,
    autoDelete,
    arguments: queueArguments({ quorum, expiresMs: 0 }, topology),
  };
}

function fanoutExchange(topic: string, { transientQuorum, streamFanout }: Topology): Exchange {
  return { name: `${topic}_fanout`, type: 'fanout', durable: transientQuorum || streamFanout, autoDelete: true };
}
