import { randomUUID } from 'node:crypto';
import type { Destination, Transport } from '@leveret/transport';
import { checkRecord, MAX_TIMER_MS } from '../checks.js';
import { contextToSend } from '../client-options.js';
import { isTraced, runTraced } from '../diagnostics.js';
import { InvalidArgumentError } from '../errors.js';
import { isMissingDestination, messageOptions } from '../publish-options.js';
import { publishOutcome } from '../publish-outcome.js';
import { resolveTopology, type Topology } from '../topology.js';
import { toWireValue } from '../wire-value.js';
import { redactContext } from './context-redaction.js';
import { type NotifierTrace, notifierSends } from './diagnostics.js';
import { NotificationSendError } from './errors.js';
import { encodeNotification, type OutgoingNotification } from './message.js';
import type { NotifierCall } from './notifier-middleware.js';
import {
  type NotifierOptions,
  type NotifyOptions,
  type NotifySettings,
  type ResolvedNotifierOptions,
  type ResolvedNotifySettings,
  resolveNotifierOptions,
  resolveSettings,
} from './notifier-options.js';
import type { Priority } from './priority.js';
import { notificationDestination } from './queues.js';

/**
 * Tells that something has happened. Resolves when the broker has the notification, for every topic; at once if the
 * notifier is not enabled.
 * @throws NotificationSendError; InvalidArgumentError before anything is sent; `signal.reason`. Nothing with `onFailure: 'event'`.
 */
export type Notify = (eventType: string, payload?: unknown, options?: NotifyOptions) => Promise<void>;

/** Sends notifications, by a method for each priority. oslo: `Notifier`. */
export interface Notifier {
  /** Whether anything is sent: what is costly to find out need not be when nobody will hear it. oslo: `is_enabled()`. */
  readonly enabled: boolean;
  readonly audit: Notify;
  readonly debug: Notify;
  readonly info: Notify;
  readonly warn: Notify;
  /** The same as `warn`. */
  readonly warning: Notify;
  readonly error: Notify;
  readonly critical: Notify;
  /** For what comes often and is small, such as a measured value. */
  readonly sample: Notify;
  /** The same with another publisher or other settings. */
  prepare(settings: NotifySettings): Notifier;
}

/**
 * A notifier on this transport, which stays the application's to close. Nothing is sent or declared before the first
 * notification.
 * @throws InvalidArgumentError, InvalidTargetError for a topic that is none.
 */
export function createNotifier(transport: Transport, options: NotifierOptions = {}): Notifier {
  const resolved = resolveNotifierOptions(options);
  // A notifier consumes from no stream: whatever prefetch will do.
  const topology = resolveTopology(options, transport, 1);
  return notifierOf({ ...resolved, transport, topology }, resolveSettings('a notifier', options));
}

interface Core extends ResolvedNotifierOptions {
  readonly transport: Transport;
  readonly topology: Topology;
}

function notifierOf(core: Core, settings: ResolvedNotifySettings): Notifier {
  const notify =
    (priority: Priority): Notify =>
    (eventType, payload = null, options = {}) =>
      core.enabled ? send(core, settings, priority, eventType, payload, options) : Promise.resolve();
  const warn = notify('warn');
  return {
    enabled: core.enabled,
    audit: notify('audit'),
    debug: notify('debug'),
    info: notify('info'),
    warn,
    warning: warn,
    error: notify('error'),
    critical: notify('critical'),
    sample: notify('sample'),
    prepare: (overrides) => notifierOf(core, resolveSettings('prepare', overrides, settings)),
  };
}

/** A notification on its way out. */
interface Sending {
  readonly priority: Priority;
  readonly eventType: string;
  readonly messageId: string;
  readonly payload: unknown;
  readonly settings: ResolvedNotifySettings;
  readonly destinations: readonly Destination[];
  readonly signal: AbortSignal | undefined;
  /** Of the AMQP messages. */
  readonly headers?: Readonly<Record<string, string>>;
}

async function send(
  core: Core,
  base: ResolvedNotifySettings,
  priority: Priority,
  eventType: string,
  payload: unknown,
  options: NotifyOptions,
): Promise<void> {
  try {
    const settings = resolveSettings('a notification', options, base);
    checkEventType(eventType);
    const { signal } = options;
    signal?.throwIfAborted();
    const destinations = core.topics.map((topic) => notificationDestination(topic, priority, core.topology));
    const sending = { priority, eventType, messageId: randomUUID(), payload, settings, destinations, signal };
    if (!isTraced(notifierSends)) await sendThrough(core, sending);
    else await runTraced(notifierSends, notifierTrace(core, sending), () => sendThrough(core, sending));
  } catch (error) {
    if (core.onFailure === 'reject') throw error;
    core.emit({ type: 'notification-not-sent', priority, eventType, error });
  }
}

function checkEventType(eventType: unknown): void {
  if (typeof eventType === 'string' && eventType !== '') return;
  throw new InvalidArgumentError('The event type must be a non-empty string, such as compute.instance.create.end.');
}

function notifierTrace({ topology, topics }: Core, { settings, ...sending }: Sending): NotifierTrace {
  const { priority, eventType, messageId } = sending;
  return {
    priority,
    eventType,
    publisherId: settings.publisherId,
    messageId,
    exchange: topology.controlExchange,
    topics,
  };
}

/** Sends through the middleware, with what it made of payload and context. */
function sendThrough(core: Core, sending: Sending): Promise<unknown> {
  const { middleware } = core;
  if (middleware === undefined) return publish(core, sending);
  const { settings, destinations, ...facts } = sending;
  const { publisherId, timeoutMs, context } = settings;
  const where = destinations.map(({ exchange, routingKey }) => ({ exchange: exchange?.name ?? '', routingKey }));
  const call: NotifierCall = { ...facts, publisherId, timeoutMs, context, destinations: where, headers: {} };
  return middleware(call, async () => {
    // While others had it, its wait may have been ended.
    sending.signal?.throwIfAborted();
    checkRecord('context', call.context);
    const { payload, headers } = call;
    await publish(core, { ...sending, payload, settings: { ...settings, context: call.context }, headers });
  });
}

/** @throws InvalidArgumentError for what cannot be sent. */
function toNotification(
  { serializer, redactContext: redaction, bigints }: Core,
  { priority, eventType, messageId, payload, settings: { publisherId, context } }: Sending,
): OutgoingNotification {
  // In oslo's order: a serializer sees the whole context with the payload, and what is left of it then.
  const entity = serializer === undefined ? payload : serializer.serializeValue(context, payload);
  return {
    messageId,
    publisherId,
    eventType,
    priority,
    payload: entity === undefined ? null : toWireValue(entity, 'payload', bigints),
    context: contextToSend(redactContext(context, redaction), serializer, bigints),
  };
}

/** @throws InvalidArgumentError, NotificationSendError, `signal.reason`. */
async function publish(core: Core, sending: Sending): Promise<void> {
  const { priority, eventType, destinations, signal } = sending;
  const bodies = encodeNotification(toNotification(core, sending), core.driver, destinations.length);
  const failures: { topic: string; error: unknown }[] = [];
  await Promise.all(
    destinations.map(async (destination, index) => {
      try {
        await publishTo(core, sending, destination, bodies[index] ?? '');
      } catch (error) {
        failures.push({ topic: core.topics[index] ?? '', error });
      }
    }),
  );
  const [first] = failures;
  if (first === undefined) return;
  if (signal?.aborted) throw signal.reason;
  const outcome = failures.every(({ error }) => publishOutcome(error) === 'not-sent') ? 'not-sent' : 'unknown';
  const failed = failures.map(({ topic }) => topic);
  throw new NotificationSendError({ eventType, priority, topics: failed, outcome }, first.error);
}

/** @throws the transport's errors, `signal.reason`. */
async function publishTo(
  { transport, mandatory }: Core,
  { settings: { retry, timeoutMs }, headers, signal }: Sending,
  destination: Destination,
  body: string,
): Promise<void> {
  const options = messageOptions(mandatory, timeoutMs ?? MAX_TIMER_MS);
  options.retry = retry;
  if (signal !== undefined) options.signal = signal;
  if (headers !== undefined) options.headers = headers;
  const started = performance.now();
  try {
    await transport.publish(destination, body, options);
  } catch (error) {
    if (!isMissingDestination(error)) throw error;
    // Its queue or exchange was deleted since this connection declared it. The transport knows by now, and declares it again.
    if (timeoutMs !== null) options.timeoutMs = Math.max(1, Math.ceil(started + timeoutMs - performance.now()));
    await transport.publish(destination, body, options);
  }
}
