import { ownMethods } from '../endpoint.js';
import { InvalidArgumentError } from '../errors.js';
import type { Context } from '../request.js';
import { compileFilter, type Filterable, type NotificationFilter } from './filter.js';
import { isPriority, PRIORITIES, type Priority } from './priority.js';

/** What a handler returns to have a notification delivered again, where the listener has `allowRequeue`. oslo: `NotificationResult.REQUEUE`. */
// Of the registry, for an application can hold two copies of this package.
export const REQUEUE: unique symbol = Symbol.for('leveret.notification.requeue') as never;

/** A notification that arrived. */
export interface Notification {
  /** What happened, such as `compute.instance.create.end`. */
  readonly eventType: string | null;
  readonly priority: Priority;
  readonly publisherId: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: publishers decide what a payload is; each handler states what it takes.
  readonly payload: any;
  /** What was told along, and `client_timeout`, null as oslo.messaging has it. */
  readonly context: Context;
  readonly metadata: {
    /** The same for all topics that it was sent to. */
    readonly messageId: string | null;
    /** When it was made, by the publisher's clock: `YYYY-MM-DD HH:MM:SS.ffffff` in UTC. */
    readonly timestamp: string | null;
  };
  /** The broker has delivered it before: somebody may have begun with it. */
  readonly redelivered: boolean;
}

/** What else a handler learns. */
export interface NotificationInfo {
  /** Fires when the listener no longer waits for this handler: its drain time is over. */
  readonly signal: AbortSignal;
}

/** Takes a notification; it is acknowledged when this has ended. Throwing counts as returning REQUEUE. */
export type NotificationHandler = (notification: Notification, info: NotificationInfo) => unknown;

/** Takes the notifications of one priority in a batch, which are acknowledged, or delivered again, together. */
export type BatchHandler = (notifications: readonly Notification[], info: NotificationInfo) => unknown;

/** Handlers by priority, and which notifications they hear. Only own properties count, nothing of a prototype. */
export interface NotificationEndpoint<Handler = NotificationHandler> {
  /** Default: all. */
  readonly filter?: NotificationFilter;
  readonly methods: { readonly [Name in Priority]?: Handler };
}

/** A handler and the filter of its endpoint. */
export interface ResolvedHandler<Handler> {
  readonly handler: Handler;
  readonly hears: (notification: Filterable) => boolean;
}

/** The handlers of each priority that some endpoint has, in the order of the endpoints. @throws InvalidArgumentError */
export function resolveEndpoints<Handler extends (...args: never[]) => unknown>(
  endpoints: readonly NotificationEndpoint<Handler>[],
): ReadonlyMap<Priority, readonly ResolvedHandler<Handler>[]> {
  if (!Array.isArray(endpoints) || endpoints.length === 0) {
    throw new InvalidArgumentError('The endpoints of a notification listener must be a list of at least one.');
  }
  const all = endpoints.flatMap(resolveEndpoint<Handler>);
  const found = PRIORITIES.map((priority) => [priority, all.filter((each) => each.priority === priority)] as const);
  return new Map(found.filter(([, handlers]) => handlers.length > 0));
}

function resolveEndpoint<Handler extends (...args: never[]) => unknown>(
  endpoint: NotificationEndpoint<Handler>,
  index: number,
): readonly (ResolvedHandler<Handler> & { readonly priority: Priority })[] {
  const name = `endpoints[${index}]`;
  if (typeof endpoint !== 'object' || endpoint === null) throw new InvalidArgumentError(`${name} must be an object.`);
  const { filter = {}, methods } = endpoint;
  const hears = compileFilter(`${name}.filter`, filter);
  return [...ownMethods(methods, name)].map(([priority, handler]) => {
    if (!isPriority(priority)) {
      throw new InvalidArgumentError(
        `${name}.methods.${priority} is for no priority; there are ${PRIORITIES.join(', ')}.`,
      );
    }
    return { priority, hears, handler: handler as unknown as Handler };
  });
}
