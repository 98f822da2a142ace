import { channelError } from './broker-errors.js';
import { Confirms, type Verdict } from './confirms.js';
import type { Tenant } from './connection.js';
import { ExchangeCache } from './declare.js';
import type { Destination, Exchange } from './entities.js';
import {
  ConnectionLostError,
  InvalidArgumentError,
  MessageDeliveryError,
  MessageUndeliverableError,
  type TransportError,
} from './errors.js';
import type { AmqplibOptions, Link } from './link.js';
import type { ResolvedOptions } from './options.js';
import type { PublishOptions, PublishResult } from './transport.js';

/** A message on its way, from `publish` until it is settled. */
export interface Outgoing {
  readonly exchange: Exchange | undefined;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly properties: AmqplibOptions.Publish;
  /** How often it was written to a socket. */
  attempts: number;
  /** How many more failures of the connection it outlives. */
  retriesLeft: number;
  lastError: TransportError | undefined;
  /** Set once the caller has its answer: nothing is sent any more. */
  settled: boolean;
  readonly resolve: (result: PublishResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Messages to publish, in order: those that wait for a link, and on the link those that wait for their confirm. When a
 * link is lost, its unconfirmed messages go back to the front.
 */
export class Outbox implements Tenant {
  readonly #options: ResolvedOptions;
  #waiting: Outgoing[] = [];
  #link: Link | undefined;
  #confirms: Confirms | undefined;
  #exchanges: ExchangeCache | undefined;
  #blocked = false;
  #drained: (() => void)[] = [];
  #size = 0;

  constructor(options: ResolvedOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get unconfirmed(): number {
    return this.#confirms?.size ?? 0;
  }

  publish(destination: Destination, body: Buffer, options: PublishOptions): Promise<PublishResult> {
    const { signal, timeoutMs = 30_000, retry } = options;
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        if (message.settled) return;
        message.settled = true;
        this.#size -= 1;
        clearTimeout(deadline);
        signal?.removeEventListener('abort', onAbort);
        act();
        if (this.#size === 0) for (const drained of this.#drained.splice(0)) drained();
      };
      const message: Outgoing = {
        exchange: destination.exchange,
        routingKey: destination.routingKey,
        body,
        properties: amqpProperties(options),
        attempts: 0,
        retriesLeft: retry === undefined || retry === null || retry < 0 ? Number.POSITIVE_INFINITY : retry,
        lastError: undefined,
        settled: false,
        resolve: (result) => settle(() => resolve(result)),
        reject: (error) => settle(() => reject(error)),
      };
      const onAbort = () => message.reject(signal?.reason);
      const deadline = setTimeout(() => message.reject(this.#deadlineError(message, timeoutMs)), timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#size += 1;
      if (this.#size > this.#options.maxBuffered) {
        return message.reject(
          deliveryError(message, `${this.#options.maxBuffered} messages wait already (maxBuffered)`),
        );
      }
      if (!this.#send(message)) this.#waiting.push(message);
    });
  }

  /** The application has deleted it: the next message to it declares it. */
  forgetExchange(name: string): void {
    this.#exchanges?.forget(name);
  }

  /** Resolves when nothing waits any more. */
  drained(): Promise<void> {
    return this.#size === 0 ? Promise.resolve() : new Promise((resolve) => this.#drained.push(resolve));
  }

  async moveIn(link: Link): Promise<void> {
    this.#exchanges = new ExchangeCache(link);
    this.#link = link;
    await this.#openConfirms(link);
  }

  moveOut(): void {
    this.#link = undefined;
    this.#waiting.unshift(...(this.#confirms?.abandon() ?? []));
    this.#confirms = undefined;
    this.#exchanges = undefined;
  }

  failed(error: TransportError): void {
    for (const message of this.#waiting) this.#failedOnce(message, error);
    this.#compact();
  }

  blockedChanged(blocked: boolean): void {
    this.#blocked = blocked;
    if (!blocked) this.#flush();
  }

  evict(error: TransportError): void {
    for (const message of this.#waiting.splice(0)) message.reject(error);
  }

  async #openConfirms(link: Link): Promise<void> {
    this.#confirms = new Confirms(
      await link.openConfirmChannel(),
      (message, verdict) => this.#verdict(message, verdict),
      (reason, unconfirmed) => this.#channelClosed(link, reason, unconfirmed),
    );
    // In the same turn, so that no later message overtakes those that have waited.
    this.#flush();
  }

  /** Writes the message now, or says that it must wait. */
  #send(message: Outgoing): boolean {
    const confirms = this.#confirms;
    if (this.#blocked || confirms === undefined || !confirms.open) return false;
    if (message.exchange !== undefined && this.#exchanges?.has(message.exchange) !== true) {
      this.#declareThenFlush(message.exchange);
      return false;
    }
    try {
      confirms.publish(message);
    } catch (error) {
      // amqplib refuses a channel that is ending before its 'close' says so.
      if (error instanceof Error && error.name === 'IllegalOperationError') return false;
      message.reject(
        new InvalidArgumentError('A header or property of the message cannot be encoded in AMQP.', { cause: error }),
      );
      return true;
    }
    message.attempts += 1;
    if (message.attempts > 1) {
      const { exchange, routingKey, attempts } = message;
      this.#options.emit({ type: 'publish-repeated', exchange: exchange?.name ?? '', routingKey, attempt: attempts });
    }
    return true;
  }

  // Messages to one exchange keep their order; those to an exchange that is being declared do not hold up the others.
  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) {
      if (!message.settled && !this.#send(message)) this.#waiting.push(message);
    }
  }

  #declareThenFlush(exchange: Exchange): void {
    const exchanges = this.#exchanges;
    if (exchanges === undefined) return;
    exchanges.declare(exchange).then(
      () => {
        exchanges.add(exchange);
        this.#flush();
      },
      (error: TransportError) => {
        // A lost link is told by moveOut.
        if (this.#exchanges !== exchanges || error instanceof ConnectionLostError) return;
        this.#rejectAllTo(exchange.name, error);
      },
    );
  }

  #verdict(message: Outgoing, verdict: Verdict): void {
    const { exchange, routingKey } = message;
    if (verdict.type === 'confirmed') message.resolve({ attempts: message.attempts });
    else if (verdict.type === 'returned') {
      message.reject(
        new MessageUndeliverableError(exchange?.name ?? '', routingKey, verdict.replyCode, verdict.replyText),
      );
    } else message.reject(deliveryError(message, 'the broker refused it (basic.nack)'));
  }

  // The broker closes the channel of a publish it refuses, and with it those of everyone else's messages.
  #channelClosed(link: Link, reason: Error | undefined, unconfirmed: readonly Outgoing[]): void {
    this.#waiting.unshift(...unconfirmed);
    // With its link: `failed` counts that.
    if (reason === undefined || this.#link !== link) return;
    const error = channelError('publishing', reason);
    const name = /exchange '([^']*)'/.exec(reason.message)?.[1];
    const refused = unconfirmed.filter(({ exchange }) => (exchange?.name || 'amq.default') === name);
    if (name !== undefined) this.#exchanges?.forget(name);
    // Where the broker does not say whose fault it was, nobody may be sent again: it would close the channel again.
    for (const message of refused.length > 0 ? refused : unconfirmed) message.reject(error);
    this.#compact();
    // If the link goes in the meantime, moveOut and the next moveIn see to the messages.
    this.#openConfirms(link).catch(() => {});
  }

  #rejectAllTo(exchange: string, error: TransportError): void {
    for (const message of this.#waiting) if (message.exchange?.name === exchange) message.reject(error);
    this.#compact();
  }

  #failedOnce(message: Outgoing, error: TransportError): void {
    message.lastError = error;
    if (message.retriesLeft > 0) message.retriesLeft -= 1;
    else message.reject(deliveryError(message, 'the connection failed, and its retries are used up', error));
  }

  #compact(): void {
    this.#waiting = this.#waiting.filter((message) => !message.settled);
  }

  #deadlineError(message: Outgoing, timeoutMs: number): MessageDeliveryError {
    let why = 'there was no connection to a broker';
    if (message.attempts > 0) why = 'its confirm did not come';
    else if (this.#blocked) why = 'the broker has blocked publishing (memory or disk alarm)';
    else if (this.#confirms !== undefined) why = 'its exchange was not declared';
    return deliveryError(message, `${why} within ${timeoutMs} ms`, message.lastError);
  }
}

function deliveryError(message: Outgoing, why: string, cause?: unknown): MessageDeliveryError {
  const exchange = message.exchange?.name ?? '';
  const { routingKey } = message;
  const outcome = message.attempts === 0 ? 'not-sent' : 'unknown';
  const detail = outcome === 'not-sent' ? 'It was not sent.' : 'Whether the broker has it is unknown.';
  return new MessageDeliveryError(
    `A message to exchange '${exchange}' with routing key '${routingKey}' was not delivered: ${why}. ${detail}`,
    { outcome, exchange, routingKey },
    cause === undefined ? undefined : { cause },
  );
}

function amqpProperties(options: PublishOptions): AmqplibOptions.Publish {
  const { mandatory = false, persistent = true, expirationMs } = options;
  const properties: AmqplibOptions.Publish = { mandatory, persistent, headers: options.headers ?? {} };
  if (options.priority !== undefined) properties.priority = options.priority;
  if (options.contentType !== undefined) properties.contentType = options.contentType;
  if (options.contentEncoding !== undefined) properties.contentEncoding = options.contentEncoding;
  if (options.messageId !== undefined) properties.messageId = options.messageId;
  if (expirationMs !== undefined) properties.expiration = String(expirationMs);
  return properties;
}
