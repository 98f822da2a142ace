import { checkBoolean, checkInteger, checkNames, checkRecord } from '../checks.js';
import { InvalidArgumentError } from '../errors.js';
import { createEmitter } from '../events.js';
import { composeMiddleware, type MiddlewareChain } from '../middleware.js';
import type { Context } from '../request.js';
import type { Serializer } from '../serializer.js';
import { mergeTarget } from '../target.js';
import { TOPOLOGY_FIELDS, type TopologyOptions } from '../topology.js';
import { type ContextRedaction, checkRedaction } from './context-redaction.js';
import type { NotifierEvent } from './events.js';
import type { NotificationDriver } from './message.js';
import type { NotifierCall, NotifierMiddleware } from './notifier-middleware.js';

/** What can be set for a notifier, for `prepare`, and for one notification. `undefined` keeps what is there, `null` clears it. */
export interface NotifySettings {
  /** Who says it, such as `compute.host1`. Default: nobody, null on the wire. oslo: `publisher_id`. */
  readonly publisherId?: string | null | undefined;
  /**
   * How many failures of the connection a notification outlives. `null` and negative: as many as come, for ever unless
   * `timeoutMs` says otherwise; 0: none; N: N. Default: for ever. oslo: `retry`, whose -1 gives up at once while there is
   * no connection.
   */
  readonly retry?: number | null | undefined;
  /**
   * By when the broker must have confirmed, in ms, waiting for a connection included. Default: no limit, as oslo; `retry`
   * and `signal` end the wait then.
   */
  readonly timeoutMs?: number | null | undefined;
  /** What is told along, as far as `redactContext` lets it. Default: nothing. */
  readonly context?: Context | null | undefined;
}

/** Options of one notification. */
export interface NotifyOptions extends NotifySettings {
  /** Ends the wait, which rejects with `signal.reason`; what was sent cannot be taken back. */
  readonly signal?: AbortSignal | undefined;
}

/** How a notifier behaves. All are optional. */
export interface NotifierOptions extends NotifySettings, TopologyOptions {
  /** Every notification goes to each of them. Default `['notifications']`. oslo: `topics`. */
  readonly topics?: readonly string[];
  /** Default `messagingv2`; `messaging` for consumers that know no envelope. oslo: `driver`. */
  readonly driver?: NotificationDriver;
  /** Default `safe-keys`. */
  readonly redactContext?: ContextRedaction;
  /**
   * Have the broker return a notification whose queue somebody has deleted since it was declared here; it is declared then,
   * and the notification sent, once more. Default false, as oslo: the broker drops such a notification, and confirms it.
   */
  readonly mandatory?: boolean;
  /** `false`: nothing is sent, and `notifier.enabled` says so. Default true. oslo: the driver `noop`. */
  readonly enabled?: boolean;
  /**
   * `reject`: what could not be sent rejects. `event`: it is told by `notification-not-sent` alone, and the methods never
   * reject, whatever the reason: oslo's way, which logs. Default `reject`.
   */
  readonly onFailure?: 'reject' | 'event';
  /** Whether bigints can be sent, as whole numbers of all their digits. Default false: they are refused. */
  readonly bigints?: boolean;
  /** Applied to the payload, and to the context after it is redacted. */
  readonly serializer?: Serializer;
  /** Around each notification, the first outermost. Default: none. */
  readonly middleware?: readonly NotifierMiddleware[] | undefined;
  /** Hears what goes wrong. What it throws is ignored. */
  readonly onEvent?: (event: NotifierEvent) => void;
}

/** Settings with nothing left open. */
export interface ResolvedNotifySettings {
  readonly publisherId: string | null;
  readonly retry: number | null;
  readonly timeoutMs: number | null;
  readonly context: Context;
}

/** What all notifiers that were prepared from one share. */
export interface ResolvedNotifierOptions {
  readonly topics: readonly string[];
  readonly driver: NotificationDriver;
  readonly redactContext: ContextRedaction;
  readonly mandatory: boolean;
  readonly enabled: boolean;
  readonly onFailure: 'reject' | 'event';
  readonly bigints: boolean;
  readonly serializer: Serializer | undefined;
  readonly middleware: MiddlewareChain<NotifierCall> | undefined;
  readonly emit: (event: NotifierEvent) => void;
}

const SETTINGS_FIELDS: readonly string[] = ['publisherId', 'retry', 'timeoutMs', 'context'];
const NOTIFY_FIELDS: readonly string[] = [...SETTINGS_FIELDS, 'signal'];
const NOTIFIER_FIELDS: readonly string[] = [
  ...SETTINGS_FIELDS,
  ...TOPOLOGY_FIELDS,
  'topics',
  'driver',
  'redactContext',
  'mandatory',
  'enabled',
  'onFailure',
  'bigints',
  'serializer',
  'middleware',
  'onEvent',
];

const DEFAULTS: ResolvedNotifySettings = { publisherId: null, retry: null, timeoutMs: null, context: {} };

/** @throws InvalidArgumentError, InvalidTargetError for a topic that is none. */
export function resolveNotifierOptions(options: NotifierOptions): ResolvedNotifierOptions {
  checkNames('a notifier', options, NOTIFIER_FIELDS);
  const { driver = 'messagingv2', redactContext = 'safe-keys', onFailure = 'reject' } = options;
  if (driver !== 'messagingv2' && driver !== 'messaging') {
    throw new InvalidArgumentError(
      "driver must be 'messagingv2' or 'messaging'; for oslo.messaging's 'noop' say enabled: false.",
    );
  }
  checkRedaction(redactContext);
  const enabled = checkBoolean('enabled', options.enabled ?? true);
  if (onFailure !== 'reject' && onFailure !== 'event') {
    throw new InvalidArgumentError("onFailure must be 'reject' or 'event'.");
  }
  return {
    topics: checkTopics(options.topics ?? ['notifications']),
    driver,
    redactContext,
    mandatory: checkBoolean('mandatory', options.mandatory ?? false),
    enabled,
    onFailure,
    bigints: checkBoolean('bigints', options.bigints ?? false),
    serializer: options.serializer,
    middleware: composeMiddleware(options.middleware),
    emit: createEmitter(options.onEvent),
  };
}

/** @throws InvalidArgumentError */
export function resolveSettings(
  what: 'a notifier' | 'prepare' | 'a notification',
  settings: NotifySettings,
  base: ResolvedNotifySettings = DEFAULTS,
): ResolvedNotifySettings {
  if (what !== 'a notifier') checkNames(what, settings, what === 'prepare' ? SETTINGS_FIELDS : NOTIFY_FIELDS);
  const { publisherId = base.publisherId, retry = base.retry, timeoutMs = base.timeoutMs } = settings;
  if (publisherId !== null && typeof publisherId !== 'string') {
    throw new InvalidArgumentError('publisherId must be a string or null.');
  }
  if (retry !== null && !Number.isInteger(retry)) {
    throw new InvalidArgumentError(`retry must be a whole number or null, got ${String(retry)}.`);
  }
  const context = settings.context === undefined ? base.context : (settings.context ?? {});
  checkRecord('context', context);
  return {
    publisherId,
    retry,
    timeoutMs: timeoutMs === null ? null : checkInteger('timeoutMs', timeoutMs, 1),
    context,
  };
}

function checkTopics(topics: readonly string[]): readonly string[] {
  if (!Array.isArray(topics) || topics.length === 0) {
    throw new InvalidArgumentError(
      'topics must be a list of at least one topic; for no notifications say enabled: false.',
    );
  }
  for (const topic of topics) mergeTarget({ topic: topic ?? '' });
  return [...topics];
}
