import type { Transport } from '@leveret/transport';
import { checkBoolean, checkInteger, checkNames } from '../checks.js';
import { MAX_BODY_BYTES } from '../envelope.js';
import { InvalidArgumentError, InvalidTargetError } from '../errors.js';
import { createEmitter } from '../events.js';
import { composeMiddleware, type MiddlewareChain } from '../middleware.js';
import type { Serializer } from '../serializer.js';
import { mergeTarget } from '../target.js';
import { resolveTopology, TOPOLOGY_FIELDS, type Topology, type TopologyOptions } from '../topology.js';
import type { NotificationListenerEvent } from './events.js';
import type { NotificationListenerCall, NotificationListenerMiddleware } from './listener-middleware.js';

/** Where notifications come from. */
export interface NotificationTarget {
  readonly topic: string;
  /** Default: the control exchange. */
  readonly exchange?: string | null | undefined;
}

/** How notifications are put together before they are handled. */
export interface BatchOptions {
  /** How many at most, of all queues and priorities together; never more than `prefetch`. oslo: `batch_size`. */
  readonly size: number;
  /** How long to wait for more after the first, in ms. Default 1 000. oslo: `batch_timeout`, in seconds, without a default. */
  readonly timeoutMs?: number;
}

/** How a listener behaves. All are optional. */
export interface NotificationListenerOptions extends TopologyOptions {
  /** Handlers are given lists of notifications of one priority. Default: one notification at a time. */
  readonly batch?: BatchOptions | undefined;
  /**
   * The name of a queue that all topics and priorities are bound to, instead of a queue for each: listeners of one pool share
   * what comes, and each pool gets all of it. Default: none. oslo: `pool`.
   */
  readonly pool?: string | null;
  /**
   * A notification is delivered again, at once and without limit, when a handler returned REQUEUE or threw. Default false:
   * it is acknowledged then. oslo: `allow_requeue`.
   */
  readonly allowRequeue?: boolean;
  /**
   * How many handlers run at a time, or how many batches are handled; 1 keeps the order of a queue. Default 64. oslo:
   * `executor_thread_pool_size`.
   */
  readonly concurrency?: number;
  /**
   * How many messages the broker may send ahead, for each queue. Default: the transport's `prefetch` if it has one, else
   * `concurrency` or two batches, at least 100.
   */
  readonly prefetch?: number;
  /** How many ids of acknowledged notifications are remembered to tell repeats. Default 4 096 (oslo: 16); 0: none. */
  readonly duplicateWindow?: number;
  /** For how long they are remembered, in ms. Default 0: for as long as their number allows (oslo's way). */
  readonly duplicateWindowMs?: number;
  /** How large the body of a notification may be, in bytes, as a server's. Default 134 217 728. */
  readonly maxBodyBytes?: number;
  /** Whole numbers that a number cannot hold arrive as bigints. Default false: they lose digits. */
  readonly bigints?: boolean;
  /** Applied to the payload and the context. Default: none. oslo: `serializer`. */
  readonly serializer?: Serializer;
  /** Around each run of a handler, the first outermost. Default: none. */
  readonly middleware?: readonly NotificationListenerMiddleware[] | undefined;
  /** Hears what goes wrong or is unusual. What it throws is ignored. */
  readonly onEvent?: (event: NotificationListenerEvent) => void;
}

/** The same, with nothing left open. */
export interface ResolvedListenerOptions {
  readonly topology: Topology;
  readonly batch: { readonly size: number; readonly timeoutMs: number } | undefined;
  readonly pool: string | null;
  readonly allowRequeue: boolean;
  readonly concurrency: number;
  readonly prefetch: number;
  readonly duplicateWindow: number;
  readonly duplicateWindowMs: number;
  readonly maxBodyBytes: number;
  readonly bigints: boolean;
  readonly serializer: Serializer | undefined;
  readonly middleware: MiddlewareChain<NotificationListenerCall> | undefined;
  readonly emit: (event: NotificationListenerEvent) => void;
}

const NAMES: readonly string[] = [
  ...TOPOLOGY_FIELDS,
  'batch',
  'pool',
  'allowRequeue',
  'concurrency',
  'prefetch',
  'duplicateWindow',
  'duplicateWindowMs',
  'maxBodyBytes',
  'bigints',
  'serializer',
  'middleware',
  'onEvent',
];

const MAX_PREFETCH = 65_535;

/** @throws InvalidArgumentError */
export function resolveListenerOptions(
  options: NotificationListenerOptions,
  transport: Transport,
): ResolvedListenerOptions {
  checkNames('a notification listener', options, NAMES);
  const { pool = null } = options;
  if (pool !== null && (typeof pool !== 'string' || pool === '' || Buffer.byteLength(pool) > 255)) {
    throw new InvalidArgumentError('pool must be the name of a queue, of 1 to 255 bytes, or null.');
  }
  const allowRequeue = checkBoolean('allowRequeue', options.allowRequeue ?? false);
  const concurrency = checkInteger('concurrency', options.concurrency ?? 64, 1, MAX_PREFETCH);
  const asked = resolveBatch(options.batch);
  const ahead = asked === undefined ? concurrency : 2 * asked.size;
  const prefetch =
    options.prefetch === undefined
      ? (transport.options.prefetch ?? Math.min(Math.max(100, ahead), MAX_PREFETCH))
      : checkInteger('prefetch', options.prefetch, 1, MAX_PREFETCH);
  // A batch that the broker never sends the last of would always wait for its time.
  const batch = asked === undefined ? undefined : { ...asked, size: Math.min(asked.size, prefetch) };
  return {
    topology: resolveTopology(options, transport, prefetch),
    batch,
    pool,
    allowRequeue,
    concurrency,
    prefetch,
    duplicateWindow: checkInteger('duplicateWindow', options.duplicateWindow ?? 4_096, 0, 10_000_000),
    duplicateWindowMs: checkInteger('duplicateWindowMs', options.duplicateWindowMs ?? 0, 0),
    maxBodyBytes: checkInteger('maxBodyBytes', options.maxBodyBytes ?? MAX_BODY_BYTES, 1),
    bigints: checkBoolean('bigints', options.bigints ?? false),
    serializer: options.serializer,
    middleware: composeMiddleware(options.middleware),
    emit: createEmitter(options.onEvent),
  };
}

function resolveBatch(batch: BatchOptions | undefined): ResolvedListenerOptions['batch'] {
  if (batch === undefined) return undefined;
  checkNames('batch', batch, ['size', 'timeoutMs']);
  return {
    size: checkInteger('batch.size', batch.size, 1, MAX_PREFETCH),
    timeoutMs: checkInteger('batch.timeoutMs', batch.timeoutMs ?? 1_000, 1),
  };
}

/** @throws InvalidArgumentError, InvalidTargetError */
export function resolveTargets(
  targets: readonly NotificationTarget[],
): readonly { readonly topic: string; readonly exchange: string | null }[] {
  if (!Array.isArray(targets) || targets.length === 0) {
    throw new InvalidArgumentError(
      "The targets of a notification listener must be a list, such as [{ topic: 'notifications' }].",
    );
  }
  return targets.map((target: NotificationTarget) => {
    checkNames('the target of a notification listener', target, ['topic', 'exchange']);
    const { topic, exchange } = mergeTarget(target);
    if (topic === null) throw new InvalidTargetError('A notification listener needs targets with a topic.', target);
    return { topic, exchange };
  });
}
