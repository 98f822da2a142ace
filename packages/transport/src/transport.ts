import { parseTransportUrl, type TransportUrl } from '@leveret/url';
import { brokerAddresses } from '@leveret/url/rabbitmq';
import { Connection, type ConnectionState } from './connection.js';
import { type ConsumeOptions, checkConsume } from './consume-options.js';
import { type Consumer, toConsumer } from './consumer.js';
import { Consumers } from './consumers.js';
import type { Delivery } from './delivery.js';
import type { Destination, Source } from './entities.js';
import { deleteExchange, deleteQueue } from './entity-commands.js';
import { InvalidArgumentError } from './errors.js';
import { type ResolvedOptions, resolveOptions, type TransportOptions } from './options.js';
import { Outbox } from './outbox.js';
import { isShortString } from './short-string.js';

/** How one message is published. */
export interface PublishOptions {
  /**
   * Ask the broker to return the message when no queue takes it; `publish` then rejects with MessageUndeliverableError.
   * Default false: the broker drops such a message and confirms it.
   */
  readonly mandatory?: boolean;
  /** How long the message may stay in a queue, in ms. Default: for ever. */
  readonly expirationMs?: number;
  /** Default true (delivery mode 2): kept on disk if the queue is durable. */
  readonly persistent?: boolean;
  /** 0 to 9. Default: not set. */
  readonly priority?: number;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly messageId?: string;
  /**
   * By when the broker must have confirmed, in ms from now, waiting for a connection included. Default 30 000.
   * After it `publish` rejects with MessageDeliveryError.
   */
  readonly timeoutMs?: number;
  /**
   * How many failures of the connection this message outlives. `null`, `undefined` and negative: as many as come until
   * `timeoutMs`; 0: none; N: N. oslo: `retry`.
   */
  readonly retry?: number | null;
  /** Stops waiting for the outcome: `publish` rejects with `signal.reason`. What was written cannot be taken back. */
  readonly signal?: AbortSignal;
}

/** A message the broker has confirmed. */
export interface PublishResult {
  /** How often it was written to a socket: more than 1 means that a connection was lost in between. */
  readonly attempts: number;
}

/** How a transport is, for probes. */
export interface TransportHealth {
  /** Every connection in use is open and not blocked. */
  readonly ready: boolean;
  readonly publish: ConnectionState['status'];
  readonly consume: ConnectionState['status'];
  readonly blocked: boolean;
  /** Consumers that receive now, of those that should. */
  readonly consumers: { readonly active: number; readonly total: number };
  /** Messages that wait for a connection, and messages that wait for their confirm. */
  readonly messages: { readonly waiting: number; readonly unconfirmed: number };
}

/**
 * Two connections to a broker, one to publish and one to consume, each opened when first needed and made again
 * whenever it is lost.
 */
export interface Transport extends AsyncDisposable {
  readonly state: { readonly publish: ConnectionState; readonly consume: ConnectionState };

  /**
   * Opens both connections and resolves when both are usable. Not needed before `publish` or `consume`, but it tells
   * early and clearly what is wrong.
   * @throws ConnectionRefusedError as soon as every host has refused; ConnectionClosedError after `close`; `signal.reason`.
   */
  connect(options?: { readonly signal?: AbortSignal }): Promise<void>;

  /**
   * Resolves when the broker has confirmed the message; always settles by `timeoutMs`. While the connection is away or
   * blocked the message waits; a message whose confirm was lost with its connection is published again.
   * @throws MessageDeliveryError, MessageUndeliverableError, DestinationNotFoundError, DeclarationError,
   * ConnectionRefusedError, ConnectionClosedError, `signal.reason`.
   */
  publish(destination: Destination, body: Uint8Array | string, options?: PublishOptions): Promise<PublishResult>;

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

  health(): TransportHealth;

  /**
   * Stops consuming, lets running handlers and unconfirmed messages end for up to `drainMs` (default 5 000), then closes
   * both connections. What is still waiting is rejected with ConnectionClosedError. Never rejects; can be called twice.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

// Put in by the build and by the test runner, out of package.json.
declare const LEVERET_VERSION: string;

// What the broker may take to answer our goodbye.
const GOODBYE_MS = 1_000;

/**
 * Makes a transport for a URL such as `rabbit://user:password@host1:5672,user:password@host2:5672/vhost`. Nothing is
 * dialled before `connect`, `publish` or `consume`.
 * @throws TransportUrlError, InvalidArgumentError.
 */
export function createTransport(url: string | TransportUrl, options: TransportOptions = {}): Transport {
  const parsed = typeof url === 'string' ? parseTransportUrl(url) : url;
  const addresses = brokerAddresses(parsed);
  const resolved = resolveOptions(options, LEVERET_VERSION);
  warnOf(parsed, resolved);
  const outbox = new Outbox(resolved);
  const consumers = new Consumers(resolved);
  const publishing = new Connection('publish', addresses, resolved, outbox);
  const consuming = new Connection('consume', addresses, resolved, consumers);
  let closing: Promise<void> | undefined;

  const close = async (drainMs: number): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainMs);
    });
    // New messages first, then those being handled, then what their handlers publish.
    const drained = consumers
      .cancelAll()
      .then(() => consumers.idle())
      .then(() => outbox.drained());
    await Promise.race([drained, limit]);
    clearTimeout(timer);
    await Promise.all([publishing.close(GOODBYE_MS), consuming.close(GOODBYE_MS)]);
  };

  const transport: Transport = {
    get state() {
      return { publish: publishing.state, consume: consuming.state };
    },
    async connect({ signal } = {}) {
      await Promise.all([publishing.opened(signal), consuming.opened(signal)]);
    },
    async publish(destination, body, publishOptions = {}) {
      checkPublish(destination, publishOptions);
      publishing.start();
      return outbox.publish(destination, toBuffer(body), publishOptions);
    },
    async consume(source, onDelivery, consumeOptions = {}) {
      consumeOptions.signal?.throwIfAborted();
      checkConsume(source, consumeOptions);
      consuming.start();
      return toConsumer(consuming, await consumers.add(source, onDelivery, consumeOptions));
    },
    async deleteQueue(name, deleteOptions = {}) {
      await deleteQueue(consuming, consumers, name, deleteOptions);
    },
    async deleteExchange(name, deleteOptions = {}) {
      await deleteExchange(consuming, consumers, name, deleteOptions);
      outbox.forgetExchange(name);
    },
    health() {
      const states = [publishing.state, consuming.state].filter(({ status }) => status !== 'idle');
      const blocked = states.some((state) => state.status === 'open' && state.blocked);
      return {
        ready: states.length > 0 && !blocked && states.every(({ status }) => status === 'open'),
        publish: publishing.state.status,
        consume: consuming.state.status,
        blocked,
        consumers: consumers.counts,
        messages: { waiting: outbox.waiting, unconfirmed: outbox.unconfirmed },
      };
    },
    close({ drainMs = 5_000 } = {}) {
      closing ??= close(drainMs);
      return closing;
    },
    [Symbol.asyncDispose]() {
      return transport.close();
    },
  };
  return transport;
}

function warnOf({ dialect, query, warnings }: TransportUrl, { emit }: ResolvedOptions): void {
  for (const { message } of warnings) emit({ type: 'url-warned', message });
  // Options by URL are not read yet, and a setting that has no effect must not look as if it had one.
  const used = dialect === 'oslo' ? ['ssl'] : [];
  const unused = [...query.keys()].filter((name) => !used.includes(name)).length;
  if (unused > 0) {
    emit({
      type: 'url-warned',
      message: `${unused} query parameters of the transport URL are not used; pass options instead.`,
    });
  }
}

function toBuffer(body: Uint8Array | string): Buffer {
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw new InvalidArgumentError('A message body is a string or a Uint8Array.');
}

function checkPublish({ exchange, routingKey }: Destination, options: PublishOptions): void {
  if (typeof routingKey !== 'string' || !isShortString(routingKey)) {
    throw new InvalidArgumentError('A routing key is a string of at most 255 bytes in UTF-8.');
  }
  if (exchange !== undefined && !isShortString(exchange.name)) {
    throw new InvalidArgumentError('An exchange name has at most 255 bytes in UTF-8.');
  }
  for (const name of ['expirationMs', 'timeoutMs'] as const) {
    const value = options[name];
    if (
      value !== undefined &&
      !(Number.isInteger(value) && value >= (name === 'timeoutMs' ? 1 : 0) && value < 2 ** 31)
    ) {
      throw new InvalidArgumentError(`${name} must be a whole number of milliseconds below 2^31, got ${value}.`);
    }
  }
  const { priority } = options;
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 255)) {
    throw new InvalidArgumentError(`priority must be a whole number from 0 to 255, got ${priority}.`);
  }
}
