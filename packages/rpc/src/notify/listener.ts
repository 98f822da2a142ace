import type { Transport } from '@leveret/transport';
import { Duplicates } from '../duplicates.js';
import { ServerStoppedError } from '../errors.js';
import { Intake } from '../intake.js';
import { Lifecycle, type LifeStatus } from '../lifecycle.js';
import { consumerArguments } from '../topology.js';
import {
  type BatchHandler,
  type NotificationHandler as Handler,
  type NotificationEndpoint,
  resolveEndpoints,
} from './endpoint.js';
import {
  type BatchOptions,
  type NotificationListenerOptions,
  type NotificationTarget,
  resolveListenerOptions,
  resolveTargets,
} from './listener-options.js';
import { type Invoke, NotificationHandler } from './notification-handler.js';
import type { Priority } from './priority.js';
import { notificationSources } from './queues.js';

/** Where a listener's life stands. */
export type NotificationListenerStatus = LifeStatus;

/** Hears notifications, and hands them to endpoints. oslo: what `get_notification_listener` returns. */
export interface NotificationListener extends AsyncDisposable {
  readonly status: NotificationListenerStatus;

  /**
   * Declares and consumes the queues of every priority that some endpoint has a method for; resolves when notifications can
   * arrive. Called again it is the same start; after `stop` it starts anew; one that has `failed` consumes at once what it lacks. While
   * the broker is away it waits.
   * @throws the transport's errors, ServerStoppedError when stopped meanwhile, `signal.reason`.
   */
  start(options?: { readonly signal?: AbortSignal }): Promise<void>;

  /**
   * Stops consuming, gives back what has not begun, an incomplete batch too, lets what runs end for up to `drainMs`
   * (default 30 000), and fires the signals of what then still runs. Its queues stay and go on collecting. Never rejects; can
   * be called twice.
   */
  stop(options?: { readonly drainMs?: number }): Promise<void>;
}

/**
 * A listener that is not started yet. With `batch`, methods are given lists.
 * @throws InvalidArgumentError, InvalidTargetError for a target without a topic.
 */
export function createNotificationListener(
  transport: Transport,
  targets: readonly NotificationTarget[],
  endpoints: readonly NotificationEndpoint[],
  options?: NotificationListenerOptions & { readonly batch?: undefined },
): NotificationListener;
export function createNotificationListener(
  transport: Transport,
  targets: readonly NotificationTarget[],
  endpoints: readonly NotificationEndpoint<BatchHandler>[],
  options: NotificationListenerOptions & { readonly batch: BatchOptions },
): NotificationListener;
export function createNotificationListener(
  transport: Transport,
  targets: readonly NotificationTarget[],
  endpoints: readonly NotificationEndpoint<Handler>[] | readonly NotificationEndpoint<BatchHandler>[],
  options: NotificationListenerOptions = {},
): NotificationListener {
  // The overloads have seen to it that the endpoints are for what `batch` says.
  return options.batch === undefined
    ? listen(transport, targets, endpoints as readonly NotificationEndpoint<Handler>[], options, handOne)
    : listen(transport, targets, endpoints as readonly NotificationEndpoint<BatchHandler>[], options, handAll);
}

const handOne: Invoke<Handler> = (handler, [first], info) => first && handler(first, info);
const handAll: Invoke<BatchHandler> = (handler, batch, info) => handler(batch, info);

/** One life of a listener, from start to stop. */
interface Run<H> {
  readonly handler: NotificationHandler<H>;
  readonly intakes: readonly Intake[];
}

function listen<H extends (...args: never[]) => unknown>(
  transport: Transport,
  targets: readonly NotificationTarget[],
  endpoints: readonly NotificationEndpoint<H>[],
  options: NotificationListenerOptions,
  invoke: Invoke<H>,
): NotificationListener {
  const resolved = resolveListenerOptions(options, transport);
  const { topology, pool, prefetch, emit } = resolved;
  const handlers = resolveEndpoints(endpoints);
  const sources = notificationSources(
    resolveTargets(targets),
    [...handlers.keys()] satisfies Priority[],
    pool,
    topology,
  );
  // Beyond a stop and a start: what was acknowledged last may be delivered again after them.
  const duplicates = new Duplicates(resolved.duplicateWindow, resolved.duplicateWindowMs);

  const end = async ({ handler, intakes }: Run<H>, drainMs: number): Promise<void> => {
    await Promise.all(intakes.map((intake) => intake.stop()));
    await handler.drain(drainMs);
  };
  const newRun = (): Run<H> => {
    const handler = new NotificationHandler({ ...resolved, handlers, invoke, duplicates });
    const consume = { prefetch, arguments: consumerArguments(topology) };
    const intakes = sources.map((source) => {
      const { name } = source.queue;
      return new Intake({ transport, source, consume, emit, receive: (delivery) => handler.receive(delivery, name) });
    });
    return { handler, intakes };
  };
  const life = new Lifecycle<Run<H>>({
    create: newRun,
    end,
    overtaken: () => new ServerStoppedError('The listener was stopped before it had started.'),
  });
  return {
    get status() {
      return life.status;
    },
    start: ({ signal } = {}) => life.start(signal),
    stop: ({ drainMs } = {}) => life.stop(drainMs),
    [Symbol.asyncDispose]: () => life.stop(),
  };
}
