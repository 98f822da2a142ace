import { parseTransportUrl, Secret, type TransportUrl } from '@leveret/url';
import { type BrokerAddress, brokerAddresses } from '@leveret/url/rabbitmq';
import { type Checked, check } from './check-health.js';
import { checkPublish } from './check-publish.js';
import { Closing } from './closing.js';
import { Connection, type ConnectionState } from './connection.js';
import { type ConsumeOptions, checkConsume } from './consume-options.js';
import { type Consumer, toConsumer } from './consumer.js';
import { Consumers } from './consumers.js';
import type { Delivery } from './delivery.js';
import type { Destination, Source } from './entities.js';
import { deleteExchange, deleteQueue } from './entity-commands.js';
import type { EntityOptions } from './entity-options.js';
import { ConnectionClosedError, InvalidArgumentError } from './errors.js';
import { assess, type TransportHealth } from './health.js';
import { type ResolvedOptions, resolveOptions, type TransportOptions } from './options.js';
import { Outbox } from './outbox.js';
import type { PublishResult } from './outgoing.js';
import type { PublishOptions } from './publish-options.js';
import { isShortString } from './short-string.js';
import { TextBody } from './text-body.js';

/** Bytes, or a text, which is sent in UTF-8; a list of strings is one text in pieces, that need not be joined before. */
export type Body = Uint8Array | string | readonly string[];

/** Options of a transport that concern what is built on it, resolved. */
export interface TransportSettings {
  /** Undefined: nobody said it. */
  readonly prefetch: number | undefined;
  readonly missingReplyQueueTimeoutMs: number;
  readonly entities: Required<EntityOptions>;
}

/**
 * Two connections to a broker, one to publish and one to consume, each opened when first needed and made again
 * whenever it is lost.
 */
export interface Transport extends AsyncDisposable {
  readonly state: { readonly publish: ConnectionState; readonly consume: ConnectionState };
  /** What was resolved for those who build on a transport. */
  readonly options: TransportSettings;

  /**
   * Opens both connections and resolves when both are usable. Not needed before `publish` or `consume`, but it tells
   * early and clearly what is wrong.
   * @throws ConnectionRefusedError as soon as every host has refused; ConnectionClosedError after `close`; `signal.reason`.
   */
  connect(options?: { readonly signal?: AbortSignal }): Promise<void>;

  /**
   * Resolves when the broker has confirmed the message; always settles by `timeoutMs`. The body must not change until
   * then. While the connection is away or blocked the message waits; a message whose confirm was lost with its
   * connection is published again.
   * @throws MessageDeliveryError, MessageUndeliverableError, DestinationNotFoundError, DeclarationError,
   * ConnectionRefusedError, ConnectionClosedError, `signal.reason`.
   */
  publish(destination: Destination, body: Body, options?: PublishOptions): Promise<PublishResult>;

  /**
   * Declares the queue with its bindings, and consumes from it until `cancel`; after a reconnect, a server-sent cancel
   * or the queue's deletion it declares and consumes again by itself. Resolves when the first messages can arrive.
   * @throws DeclarationError, DestinationNotFoundError, ConnectionRefusedError, ConnectionClosedError, `signal.reason`.
   */
  consume(
    source: Source,
    onDelivery: (delivery: Delivery) => void | Promise<void>,
    options?: ConsumeOptions,
  ): Promise<Consumer>;

  /**
   * Deletes a queue; one that does not exist is fine. Consumers of it on this transport are over, with the reason
   * `queue-deleted`; those of others declare it anew, if they are ours. Waits for a connection as long as its signal lets it.
   * @throws DeclarationError (406, when `ifUnused` or `ifEmpty` does not hold), what `connect` throws, `signal.reason`.
   */
  deleteQueue(
    name: string,
    options?: { readonly ifUnused?: boolean; readonly ifEmpty?: boolean; readonly signal?: AbortSignal },
  ): Promise<void>;

  /**
   * Deletes an exchange; one that does not exist is fine. Consumers of this transport no longer bind to it after a
   * reconnect. A later `publish` that names it declares it again.
   * @throws DeclarationError (406, when `ifUnused` does not hold), what `connect` throws, `signal.reason`.
   */
  deleteExchange(name: string, options?: { readonly ifUnused?: boolean; readonly signal?: AbortSignal }): Promise<void>;

  /**
   * Tells the broker a new secret on every open connection (connection.update-secret), and uses it for later dials in place
   * of the URL's password. With the option `credentials` and its `expiresInMs` there is no need to. `reason` is for the
   * broker's log.
   * @throws ConnectionLostError when a broker does not say that it has it; InvalidArgumentError.
   */
  updateSecret(newSecret: string | Secret, reason?: string): Promise<void>;

  /** What is known now; asks nobody, and costs next to nothing. For `live` and `ready` see TransportHealth. */
  health(): TransportHealth;

  /**
   * Asks the broker: a round trip on every open connection, and whether each consumed queue exists. What is wrong, or not
   * answered within `timeoutMs` (default 5 000), is among the reasons why the transport is not ready.
   * @throws `signal.reason`; InvalidArgumentError for a bad `timeoutMs`.
   */
  checkHealth(options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<TransportHealth>;

  /**
   * Cancels the consumers, gives back what has not begun, lets running handlers and unconfirmed messages end for up to
   * `drainMs` (default 5 000), says goodbye to the broker for up to 500 ms, and is gone: no socket, timer or listener.
   * Meanwhile `publish` works as long as a handler runs, and is refused with ConnectionClosedError after that, as
   * `consume` and `connect` are at once. What still waits in the end is rejected with the same error. Called again it is
   * the same end; a shorter `drainMs` brings it forward.
   * @throws InvalidArgumentError for a `drainMs` that is none; it never rejects otherwise.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

// Put in by the build and by the test runner, out of package.json.
declare const LEVERET_VERSION: string;

const NO_OPTIONS: PublishOptions = /* @__PURE__ */ Object.freeze({});

// What the broker may take to answer our goodbye: what we had to say is with the system by then.
const GOODBYE_MS = 500;

/**
 * Makes a transport for a URL such as `rabbit://user:password@host1:5672,user:password@host2:5672/vhost`. Nothing is
 * dialled before `connect`, `publish` or `consume`.
 * @throws TransportUrlError, InvalidArgumentError.
 */
export function createTransport(url: string | TransportUrl, options: TransportOptions = {}): Transport {
  const parsed = typeof url === 'string' ? parseTransportUrl(url) : url;
  const resolved = resolveOptions(options, LEVERET_VERSION, parsed);
  const addresses = addressesOf(parsed, resolved);
  for (const { message } of parsed.warnings) resolved.emit({ type: 'url-warned', message });
  if (!addresses.some(({ tls }) => tls)) warnOfNoTls(resolved);
  const { prefetch, missingReplyQueueTimeoutMs, entities } = resolved;
  const withDefaults = (options: ConsumeOptions): ConsumeOptions =>
    prefetch === undefined || options.prefetch !== undefined ? options : { ...options, prefetch };
  const outbox = new Outbox(resolved);
  const consumers = new Consumers(resolved);
  const publishing = new Connection('publish', addresses, resolved, outbox);
  const consuming = new Connection('consume', addresses, resolved, consumers);

  const closing = new Closing({
    // New messages first, then those being handled, then what their handlers publish.
    drain: async () => {
      await consumers.cancelAll();
      await consumers.idle();
      await outbox.drained();
    },
    leave: () => Promise.all([publishing.close(GOODBYE_MS), consuming.close(GOODBYE_MS)]),
  });
  const refuseWhenClosing = (what: string): void => {
    if (closing.begun) throw new ConnectionClosedError(`This transport is being closed by the application: ${what}.`);
  };

  const transport: Transport = {
    options: Object.freeze({ prefetch, missingReplyQueueTimeoutMs, entities: Object.freeze(entities) }),
    get state() {
      return { publish: publishing.state, consume: consuming.state };
    },
    async connect({ signal } = {}) {
      refuseWhenClosing('it does not connect any more');
      await Promise.all([publishing.opened(signal), consuming.opened(signal)]);
    },
    publish(destination, body, publishOptions = NO_OPTIONS) {
      // Not async: that would be a second promise, and three more turns of the microtask queue, for each message.
      try {
        checkPublish(destination, publishOptions);
        const content = contentOf(body);
        // A handler that runs still may: what it was asked is not done before it has told others.
        if (consumers.running === 0) refuseWhenClosing('it takes no more messages');
        publishing.start();
        return outbox.publish(destination, content, publishOptions);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    async consume(source, onDelivery, consumeOptions = {}) {
      consumeOptions.signal?.throwIfAborted();
      checkConsume(source, consumeOptions);
      refuseWhenClosing('it takes no more consumers');
      consuming.start();
      return toConsumer(consuming, await consumers.add(source, onDelivery, withDefaults(consumeOptions)));
    },
    async deleteQueue(name, deleteOptions = {}) {
      await deleteQueue(consuming, consumers, name, deleteOptions);
    },
    async deleteExchange(name, deleteOptions = {}) {
      await deleteExchange(consuming, consumers, name, deleteOptions);
      outbox.forgetExchange(name);
    },
    async updateSecret(newSecret, reason = 'renewed') {
      if (!isShortString(reason)) throw new InvalidArgumentError('A reason has at most 255 bytes in UTF-8.');
      const secret = typeof newSecret === 'string' ? new Secret(newSecret) : newSecret;
      await Promise.all([publishing.updateSecret(secret, reason), consuming.updateSecret(secret, reason)]);
    },
    health() {
      return assess({
        publish: { state: publishing.state, roundTrip: publishing.link?.roundTrip },
        consume: { state: consuming.state, roundTrip: consuming.link?.roundTrip },
        closing: closing.begun,
        consumers: consumers.all,
        messages: { waiting: outbox.waiting, unconfirmed: outbox.unconfirmed },
        now: performance.now(),
      });
    },
    async checkHealth({ timeoutMs = 5_000, signal } = {}) {
      const wrong = await check(openLinks(publishing, consuming, consumers), timeoutMs, signal);
      const health = transport.health();
      if (wrong.length === 0) return health;
      const { reasons } = health;
      return { ...health, ready: false, reasons: { ...reasons, ready: [...reasons.ready, ...wrong] } };
    },
    close({ drainMs = 5_000 } = {}) {
      return closing.begin(drainMs);
    },
    [Symbol.asyncDispose]() {
      return transport.close();
    },
  };
  return transport;
}

function addressesOf(url: TransportUrl, { tlsEnabled }: ResolvedOptions): readonly BrokerAddress[] {
  if (tlsEnabled === false && url.transport === 'amqps') {
    throw new InvalidArgumentError(
      'tlsEnabled is false and the URL says amqps: use an amqp URL to connect without TLS.',
    );
  }
  return brokerAddresses(url).map((address) => ({ ...address, tls: tlsEnabled ?? address.tls }));
}

function warnOfNoTls({ tlsOptionsGiven, emit }: ResolvedOptions): void {
  const reason = 'these connections are without TLS: use amqps, ?ssl=true or tlsEnabled';
  for (const option of tlsOptionsGiven) emit({ type: 'option-ignored', option, reason });
}

function openLinks(publishing: Connection, consuming: Connection, { all }: Consumers): readonly Checked[] {
  const active = all.filter((subscription) => subscription.active);
  return [
    { connection: publishing, queues: [] },
    { connection: consuming, queues: [...new Set(active.map(({ queue }) => queue))] },
  ].flatMap(({ connection: { state, link }, queues }) =>
    state.status === 'open' && link !== undefined ? [{ link, queues }] : [],
  );
}

function contentOf(body: Body): Buffer | TextBody {
  if (typeof body === 'string') return new TextBody([body]);
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (Array.isArray(body) && body.every((piece) => typeof piece === 'string')) return new TextBody(body);
  throw new InvalidArgumentError('A message body is a string, a list of strings or a Uint8Array.');
}
