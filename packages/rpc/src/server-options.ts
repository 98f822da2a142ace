import type { Destination, Transport } from '@leveret/transport';
import { type Acknowledgement, type AcknowledgeTime, resolveAcknowledgement } from './acknowledgement.js';
import { checkBoolean, checkInteger, checkNames } from './checks.js';
import { type AccessPolicy, type Endpoint, type ResolvedEndpoint, resolveEndpoint } from './endpoint.js';
import { MAX_BODY_BYTES } from './envelope.js';
import { createErrorMapper, type ErrorMapper, type ErrorNames, type MapError } from './error-mapper.js';
import { InvalidArgumentError, InvalidTargetError } from './errors.js';
import { createEmitter, type RpcServerEvent } from './events.js';
import { createIdempotencyWindow, type IdempotencyStore } from './idempotency.js';
import { composeMiddleware, type MiddlewareChain } from './middleware.js';
import type { Serializer } from './serializer.js';
import type { ServerCall, ServerIdentity, ServerMiddleware } from './server-middleware.js';
import { mergeTarget, TARGET_FIELDS, type Target } from './target.js';
import { resolveTopology, TOPOLOGY_FIELDS, type Topology, type TopologyOptions } from './topology.js';

/** How a server behaves. All are optional. */
export interface ServerOptions extends TopologyOptions {
  /** How many methods run at a time; further requests stay with the broker. Default 64. oslo: `executor_thread_pool_size`. */
  readonly concurrency?: number;
  /**
   * How many more wait for calls of their own, which they make with a client of this package: what a method waits for may
   * have to run in this very server. Default 1 000; 0: those that wait count as running, and a server that calls itself, by
   * whatever way round, can wait for itself until the deadline.
   */
  readonly waitingLimit?: number;
  /**
   * How many messages the broker may send ahead, for each of the three queues. Default: the transport's `prefetch` if it
   * has one, else `concurrency`, at least 100.
   */
  readonly prefetch?: number;
  /**
   * `before`: a request is acknowledged when its method begins, so it runs at most once (oslo's way). `after`: when its
   * method has ended and was answered, so it runs at least once, and again after a crash. For single methods by name:
   * `{ resize: 'after' }`; those not named are `before`. Default `before`.
   */
  readonly acknowledge?: AcknowledgeTime | { readonly [method: string]: AcknowledgeTime };
  /**
   * Where the replies of requests are kept that are acknowledged `after`: a repeat gets the same reply, and is not run. Default:
   * `createIdempotencyWindow()`, in the memory of this process.
   */
  readonly idempotency?: IdempotencyStore;
  /** Which methods may be called. Default `default`: those that do not start with `_`. */
  readonly accessPolicy?: AccessPolicy;
  /**
   * Whether callers that use this library can cancel what they asked for: `signal` fires, and what has not begun is not
   * run. Default true; false: the fanout queue is bound by nothing that oslo does not bind it by.
   */
  readonly cancelRemote?: boolean;
  /** Adds the method `oslo_rpc_server_ping`, which answers `pong`. Default false. oslo: `rpc_ping_enabled`. */
  readonly ping?: boolean;
  /** How many ids of requests are remembered to tell repeats. Default 4 096 (oslo: 16); 0: none. */
  readonly duplicateWindow?: number;
  /** For how long they are remembered, in ms. Default 0: for as long as their number allows (oslo's way). */
  readonly duplicateWindowMs?: number;
  /**
   * How long a method may take, in ms. After that its signal fires with MethodTimeoutError, which its caller gets, too, and
   * its place is free for the next; what it still does is dropped. Default 0: as long as it likes (oslo's way).
   */
  readonly methodTimeoutMs?: number;
  /**
   * Where messages go that are no requests, as they came, with the headers `x-leveret-queue` and `x-leveret-reason`. Default:
   * they are rejected, and what the broker does then is its policy (oslo's way): dropped, or `dead-letter-exchange`.
   */
  readonly deadLetter?: Destination;
  /**
   * How large the body of a request may be, in bytes, as it came and decompressed; a larger one counts as malformed.
   * Default 134 217 728, as much as RabbitMQ takes by default.
   */
  readonly maxBodyBytes?: number;
  /**
   * How long a reply is kept for a queue that is missing, in ms. Default: the transport's, 60 000. oslo:
   * `kombu_missing_consumer_retry_timeout`.
   */
  readonly missingReplyQueueTimeoutMs?: number;
  /** By when the broker must have confirmed a reply, in ms, waiting for a connection included. Default 60 000. */
  readonly replyTimeoutMs?: number;
  /**
   * When the fanout queue goes that a crashed server leaves behind, and for how long a fanout stream keeps messages, in
   * ms. Default: `transientExpiresMs`, 1 800 000; 0: never, and for ever. oslo: `rabbit_transient_queues_ttl`.
   */
  readonly fanoutQueueExpiresMs?: number;
  /** Whether failures carry the stack, which names files of this machine. Default true, as oslo. */
  readonly traceback?: boolean;
  /** Applied to arguments, context and result. Default: none. oslo: `serializer`. */
  readonly serializer?: Serializer;
  /**
   * Whole numbers that a number cannot hold arrive as bigints, with all their digits, and bigints can be sent; Python has
   * one type for all of them. Default false: such numbers lose digits, and bigints are refused.
   */
  readonly bigints?: boolean;
  /** What our classes of errors are called in Python: `{ 'cinder.exception.VolumeNotFound': VolumeNotFound }`. */
  readonly remoteErrors?: ErrorNames;
  /** What the caller gets to know instead of an error that a method throws. It comes before `remoteErrors`. */
  readonly mapError?: MapError;
  /** Stands around the run of each method, the first outermost. Default: none. */
  readonly middleware?: readonly ServerMiddleware[];
  /** Hears what goes wrong or is unusual. What it throws is ignored. */
  readonly onEvent?: (event: RpcServerEvent) => void;
}

/** The same, with nothing left open. */
export interface ResolvedServerOptions {
  readonly topology: Topology;
  readonly concurrency: number;
  readonly waitingLimit: number;
  readonly prefetch: number;
  readonly acknowledge: Acknowledgement;
  readonly idempotency: IdempotencyStore;
  readonly accessPolicy: AccessPolicy;
  readonly cancelRemote: boolean;
  readonly duplicateWindow: number;
  readonly duplicateWindowMs: number;
  readonly maxBodyBytes: number;
  readonly methodTimeoutMs: number;
  readonly deadLetter: Destination | undefined;
  readonly missingReplyQueueTimeoutMs: number;
  readonly replyTimeoutMs: number;
  readonly fanoutQueueExpiresMs: number;
  readonly traceback: boolean;
  readonly told: ErrorMapper;
  readonly bigints: boolean;
  readonly serializer: Serializer | undefined;
  readonly middleware: MiddlewareChain<ServerCall> | undefined;
  readonly emit: (event: RpcServerEvent) => void;
}

const NAMES = [
  ...TOPOLOGY_FIELDS,
  'concurrency',
  'waitingLimit',
  'prefetch',
  'acknowledge',
  'idempotency',
  'accessPolicy',
  'cancelRemote',
  'ping',
  'duplicateWindow',
  'duplicateWindowMs',
  'maxBodyBytes',
  'methodTimeoutMs',
  'deadLetter',
  'missingReplyQueueTimeoutMs',
  'replyTimeoutMs',
  'fanoutQueueExpiresMs',
  'traceback',
  'serializer',
  'bigints',
  'remoteErrors',
  'mapError',
  'middleware',
  'onEvent',
];

/** @throws InvalidArgumentError */
export function resolveServerOptions(options: ServerOptions, transport: Transport): ResolvedServerOptions {
  checkNames('a server', options, NAMES);
  const {
    idempotency = createIdempotencyWindow(),
    deadLetter,
    accessPolicy = 'default',
    traceback = true,
    serializer,
  } = options;
  if (deadLetter !== undefined && typeof deadLetter?.routingKey !== 'string') {
    throw new InvalidArgumentError(
      'deadLetter must be a destination: { exchange, routingKey }, or { routingKey } of a queue.',
    );
  }
  if (typeof idempotency?.get !== 'function' || typeof idempotency.put !== 'function') {
    throw new InvalidArgumentError('idempotency must be a store with get and put.');
  }
  if (!['default', 'legacy', 'explicit'].includes(accessPolicy as string) && typeof accessPolicy !== 'function') {
    throw new InvalidArgumentError(
      "accessPolicy must be 'default', 'legacy', 'explicit' or a function of the method's name.",
    );
  }
  const concurrency = checkInteger('concurrency', options.concurrency ?? 64, 1, 65_535);
  const ofTransport = transport.options;
  const prefetch =
    options.prefetch === undefined
      ? (ofTransport.prefetch ?? Math.max(100, concurrency))
      : checkInteger('prefetch', options.prefetch, 1, 65_535);
  const topology = resolveTopology(options, transport, prefetch);
  return {
    topology,
    concurrency,
    waitingLimit: checkInteger('waitingLimit', options.waitingLimit ?? 1_000, 0, 1_000_000),
    prefetch,
    acknowledge: resolveAcknowledgement(options.acknowledge ?? 'before'),
    idempotency,
    accessPolicy,
    cancelRemote: checkBoolean('cancelRemote', options.cancelRemote ?? true),
    duplicateWindow: checkInteger('duplicateWindow', options.duplicateWindow ?? 4_096, 0, 10_000_000),
    duplicateWindowMs: checkInteger('duplicateWindowMs', options.duplicateWindowMs ?? 0, 0),
    methodTimeoutMs: checkInteger('methodTimeoutMs', options.methodTimeoutMs ?? 0, 0),
    deadLetter,
    maxBodyBytes: checkInteger('maxBodyBytes', options.maxBodyBytes ?? MAX_BODY_BYTES, 1),
    missingReplyQueueTimeoutMs: checkInteger(
      'missingReplyQueueTimeoutMs',
      options.missingReplyQueueTimeoutMs ?? ofTransport.missingReplyQueueTimeoutMs,
      0,
    ),
    replyTimeoutMs: checkInteger('replyTimeoutMs', options.replyTimeoutMs ?? 60_000, 1),
    fanoutQueueExpiresMs: checkInteger(
      'fanoutQueueExpiresMs',
      options.fanoutQueueExpiresMs ?? topology.transientExpiresMs,
      0,
    ),
    traceback,
    bigints: checkBoolean('bigints', options.bigints ?? false),
    told: createErrorMapper(options.remoteErrors, options.mapError),
    serializer,
    middleware: composeMiddleware(options.middleware),
    emit: createEmitter(options.onEvent),
  };
}

/** @throws InvalidTargetError */
export function resolveServerTarget(target: Target): ServerIdentity {
  checkNames('a target', target, TARGET_FIELDS);
  const { exchange, topic, server } = mergeTarget(target);
  if (topic === null) throw new InvalidTargetError('A server needs a target with a topic.', target);
  if (server === null) {
    throw new InvalidTargetError(
      'A server needs a target with a server: its own name among those of the topic.',
      target,
    );
  }
  return { exchange, topic, server };
}

const PING = 'oslo_rpc_server_ping';

/** @throws InvalidArgumentError, InvalidTargetError, InvalidVersionError */
export function resolveEndpoints(endpoints: readonly Endpoint[], ping: boolean): readonly ResolvedEndpoint[] {
  if (!Array.isArray(endpoints)) throw new InvalidArgumentError('The endpoints of a server must be a list.');
  const resolved = endpoints.map(resolveEndpoint);
  if (ping && !resolved.some((endpoint) => endpoint.methods.has(PING))) {
    resolved.push(resolveEndpoint({ methods: { [PING]: () => 'pong' } }, resolved.length));
  }
  if (resolved.length === 0) throw new InvalidArgumentError('A server needs at least one endpoint.');
  return resolved;
}
