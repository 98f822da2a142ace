import { BufferLimit } from './buffer-limit.js';
import { compressBody } from './compression.js';
import { Confirms, type ConfirmsListener } from './confirms.js';
import type { Tenant } from './connection.js';
import { Deadlines } from './deadlines.js';
import { Declarations } from './declarations.js';
import { deliveryError } from './delivery-error.js';
import type { Destination } from './entities.js';
import { InvalidArgumentError, MessageUndeliverableError, type TransportError } from './errors.js';
import { Lanes, type LanesOwner } from './lanes.js';
import type { Link } from './link.js';
import { messageProperties } from './message-properties.js';
import type { ResolvedOptions } from './options.js';
import { Outgoing, type PublishResult, type Returned } from './outgoing.js';
import { OutgoingQueue } from './outgoing-queue.js';
import type { PublishOptions } from './publish-options.js';
import { RecentRefusals } from './recent-refusals.js';
import { isPassing, refusalError, refusalOf, refusedOf } from './refusals.js';
import { SecondTries } from './second-tries.js';
import { onAbort } from './signal-listeners.js';
import type { TextBody } from './text-body.js';

// Where confirms do not come at all, changing channels would not end.
const RETIRED_AT_MOST = 8;

/**
 * Messages to publish, in order: those that wait for room in the buffer, those that wait for a link, and on the link those
 * that wait for something to be declared, and for their confirm. When a link is lost, its unconfirmed messages go back to
 * where they were.
 */
export class Outbox implements Tenant, ConfirmsListener, LanesOwner {
  readonly #options: ResolvedOptions;
  readonly #limit: BufferLimit;
  readonly #deadlines = new Deadlines<Outgoing>((message) => this.#reject(message, this.#deadlineError(message)));
  readonly #outside = new OutgoingQueue();
  readonly #waiting = new OutgoingQueue();
  readonly #refusals = new RecentRefusals();
  #link: Link | undefined;
  #declarations: Declarations | undefined;
  #lanes: Lanes | undefined;
  #confirms: Confirms | undefined;
  // Those of channels that publish nothing more.
  readonly #retired = new Set<Confirms>();
  readonly #nacked = new SecondTries(() => void this.#tryNackedAgain()); // never rejects
  #blocked = false;
  #drained: (() => void)[] = [];
  #unsettled = 0;
  #lastSequence = 0;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#limit = new BufferLimit(options.maxBuffered);
  }

  /** How many wait to be written; it counts them. */
  get waiting(): number {
    return this.#outside.count() + this.#waiting.count() + this.#nacked.count() + (this.#lanes?.count() ?? 0);
  }

  get unconfirmed(): number {
    return [...this.#retired].reduce((sum, { size }) => sum + size, this.#confirms?.size ?? 0);
  }

  /** @throws `signal.reason`, at once. */
  publish(destination: Destination, body: Buffer | TextBody, options: PublishOptions): Promise<PublishResult> {
    const { signal } = options;
    signal?.throwIfAborted();
    const message = new Outgoing(destination, body, messageProperties(options), options, this.#options);
    this.#lastSequence += 1;
    message.sequence = this.#lastSequence;
    this.#unsettled += 1;
    this.#deadlines.add(message, message.timeoutMs);
    if (signal !== undefined) message.unlisten = onAbort(signal, () => this.#reject(message, signal.reason));
    const exceeded = this.#limit.exceededBy(message.size);
    if (exceeded === undefined && this.#outside.first() === undefined) this.#admit(message);
    else if (this.#options.onFull === 'wait') this.#outside.push(message);
    else this.#reject(message, deliveryError(message, exceeded ?? 'others wait already (maxBuffered)'));
    return message.promise;
  }

  /** The application has deleted it: the next message to it declares it. */
  forgetExchange(name: string): void {
    this.#declarations?.forgetExchange(name);
  }

  /** Resolves when nothing waits any more. */
  drained(): Promise<void> {
    return this.#unsettled === 0 ? Promise.resolve() : new Promise((resolve) => this.#drained.push(resolve));
  }

  async moveIn(link: Link): Promise<void> {
    this.#link = link;
    this.#declarations = new Declarations(link);
    await this.#openChannel(link);
  }

  moveOut(): void {
    this.#link = undefined;
    const unconfirmed = [...this.#retired, ...(this.#confirms ? [this.#confirms] : [])].flatMap((each) =>
      each.abandon(),
    );
    this.#retired.clear();
    this.#takeBack([...unconfirmed, ...this.#nacked.takeAll()]);
    this.#confirms = undefined;
    this.#declarations = undefined;
  }

  failed(error: TransportError): void {
    for (const message of [...this.#waiting.all(), ...this.#outside.all()]) {
      this.#failedOnce(message, error, 'the connection failed, and its retries are used up', 0);
    }
  }

  blockedChanged(blocked: boolean): void {
    this.#blocked = blocked;
    if (blocked) this.#takeBack([]);
    else this.#flush();
  }

  evict(error: TransportError): void {
    for (const queue of [this.#outside, this.#waiting]) {
      for (const message of queue.takeAll()) this.#reject(message, error);
    }
    this.#deadlines.stop();
  }

  confirmed(message: Outgoing, nacked: boolean): void {
    const { returned, exchange, routingKey } = message;
    if (returned !== undefined) {
      this.#declarations?.forgetQueue(message.destination);
      const { replyCode, replyText } = returned;
      this.#reject(message, new MessageUndeliverableError(exchange, routingKey, replyCode, replyText));
    } else if (nacked) {
      this.#notTaken(message);
    } else if (this.#settle(message)) message.resolve();
  }

  strayReturned(exchange: string, routingKey: string, { replyCode, replyText }: Returned): void {
    this.#options.emit({ type: 'message-returned', exchange, routingKey, replyCode, replyText });
  }

  // The broker closes the channel of a publish it refuses, and with it those of everyone else's messages.
  closed(reason: Error | undefined, unconfirmed: readonly Outgoing[], confirms: Confirms): void {
    this.#takeBack(unconfirmed);
    const wasRetired = this.#retired.delete(confirms);
    const link = this.#link;
    // With its link: `moveOut` and `failed` tell that.
    if (reason === undefined || link === undefined || link.endReason !== undefined) return;
    this.#declarations?.forgetAll();
    const refusal = refusalOf(reason);
    const refused = refusedOf(refusal, unconfirmed);
    // Where the broker does not say whose fault it was, nobody may be sent again: it would close the channel again.
    for (const message of refused.length > 0 ? refused : unconfirmed) {
      const error = refusalError(message, link.host, refusal, refused.length > 0, reason);
      if (refused.length > 0) this.#refusals.add(message, refusal, reason);
      if (isPassing(refusal.code)) this.refusedForNow(message, error);
      else this.#reject(message, error);
    }
    if (wasRetired) this.#flush();
    // A link that has no channel to give is of no use; the next one is.
    else this.#openChannel(link).catch(() => void link.close(0));
  }

  retired(confirms: Confirms): void {
    this.#retired.delete(confirms);
  }

  /** Writes the message; false when it must wait after all. */
  write(message: Outgoing): boolean {
    if (message.settled) return true;
    const recent = this.#refusals.of(message);
    if (recent !== undefined && this.#link !== undefined) {
      this.#reject(message, refusalError(message, this.#link.host, recent.refusal, true, recent.cause));
      return true;
    }
    try {
      if (this.#confirms?.publish(message) !== true) return false;
    } catch (error) {
      this.#reject(
        message,
        new InvalidArgumentError('A header or property of the message cannot be encoded in AMQP.', { cause: error }),
      );
      return true;
    }
    message.attempts += 1;
    if (message.attempts > 1) {
      const { exchange, routingKey, attempts } = message;
      this.#options.emit({ type: 'publish-repeated', exchange, routingKey, attempt: attempts });
    }
    return true;
  }

  refused(message: Outgoing, error: TransportError): void {
    this.#reject(message, error);
  }

  refusedForNow(message: Outgoing, error: TransportError): void {
    // oslo allows one more of these than of lost connections. spec 3.5.
    this.#failedOnce(message, error, 'the broker refused again and again, and its retries are used up', -1);
  }

  async #openChannel(link: Link): Promise<void> {
    const channel = await link.openPublishChannel();
    if (this.#link !== link || this.#declarations === undefined) return;
    this.#confirms = new Confirms(channel, this);
    this.#lanes = new Lanes(this.#declarations, this);
    this.#takeBack(this.#nacked.takeAll());
    // In the same turn, so that no later message overtakes those that have waited.
    this.#flush();
  }

  // RabbitMQ 3.10 goes on refusing for a quorum queue on a channel that has met it without its leader, for as long as the
  // channel lives: whoever was refused goes by another one. What the old one was given is still confirmed there.
  async #tryNackedAgain(): Promise<void> {
    const link = this.#link;
    const before = this.#confirms;
    if (link === undefined || before?.open !== true) return;
    if (this.#retired.size < RETIRED_AT_MOST) {
      const channel = await link.openPublishChannel().catch(() => undefined);
      if (this.#link !== link || this.#confirms !== before || !before.open) return channel?.close();
      if (channel !== undefined) {
        this.#retired.add(before);
        before.retire();
        this.#confirms = new Confirms(channel, this);
      }
    }
    this.#takeBack(this.#nacked.takeAll());
    this.#flush();
  }

  #admit(message: Outgoing): void {
    this.#limit.take(message.size);
    message.admitted = true;
    if (message.compression !== 'none') message.compressing = this.#compress(message, message.compression);
    this.#send(message);
  }

  async #compress(message: Outgoing, name: Exclude<Outgoing['compression'], 'none'>): Promise<void> {
    try {
      const { body, mediaType } = await compressBody(message.body, name);
      message.body = body;
      message.properties.headers = { ...message.properties.headers, compression: mediaType };
    } catch (error) {
      this.#reject(message, deliveryError(message, `its body could not be compressed by ${name}`, { cause: error }));
    } finally {
      message.compressing = undefined;
    }
  }

  #send(message: Outgoing): void {
    if (this.#blocked || this.#confirms?.open !== true) this.#waiting.push(message);
    else if (this.#lanes?.take(message) !== true && !this.write(message)) this.#waiting.push(message);
  }

  #flush(): void {
    for (const message of this.#waiting.takeAll()) this.#send(message);
  }

  /** Puts what cannot go on back into the queue, everyone in their old place. */
  #takeBack(unconfirmed: readonly Outgoing[]): void {
    const open: Outgoing[] = [];
    for (const message of unconfirmed) {
      if (message.settled) this.#release(message);
      else open.push(message);
    }
    const inLanes = this.#lanes?.end() ?? [];
    this.#lanes = this.#declarations && new Lanes(this.#declarations, this);
    if (open.length === 0 && inLanes.length === 0) return;
    const all = [...open, ...inLanes, ...this.#waiting.takeAll()];
    for (const message of all.sort((a, b) => a.sequence - b.sequence)) this.#waiting.push(message);
  }

  #failedOnce(message: Outgoing, error: TransportError, why: string, leastRetriesLeft: number): void {
    message.lastError = error;
    if (message.retriesLeft > leastRetriesLeft) message.retriesLeft -= 1;
    else this.#reject(message, deliveryError(message, why, { cause: error }));
  }

  #notTaken(message: Outgoing): void {
    const error = deliveryError(message, 'the broker could not take it (basic.nack)', { outcome: 'refused' });
    if (message.settled || message.retriesLeft <= 0) this.#reject(message, error);
    else {
      message.retriesLeft -= 1;
      message.lastError = error;
      this.#nacked.add(message);
    }
  }

  #reject(message: Outgoing, error: unknown): void {
    if (this.#settle(message)) message.reject(error);
  }

  /** False: it was settled before. */
  #settle(message: Outgoing): boolean {
    // What is in flight takes up memory until it is confirmed or its channel is gone, whatever its caller was told.
    if (message.admitted && !message.inFlight) this.#release(message);
    if (message.settled) return false;
    message.settled = true;
    this.#unsettled -= 1;
    this.#deadlines.remove(message);
    message.unlisten?.();
    if (this.#unsettled === 0) for (const drained of this.#drained.splice(0)) drained();
    return true;
  }

  #release(message: Outgoing): void {
    message.admitted = false;
    this.#limit.release(message.size);
    for (let next = this.#outside.first(); next !== undefined; next = this.#outside.first()) {
      if (this.#limit.exceededBy(next.size) !== undefined) return;
      this.#outside.shift();
      this.#admit(next);
    }
  }

  #deadlineError(message: Outgoing): TransportError {
    const { nacks, inFlight, lastError: cause } = message;
    if (nacks > 0 && !inFlight) {
      const why = `the broker could not take it (basic.nack), ${nacks} times within ${message.timeoutMs} ms`;
      return deliveryError(message, why, { outcome: 'refused', cause });
    }
    let why = 'there was no connection to a broker';
    if (!message.admitted) why = 'others had filled the buffer (maxBuffered)';
    else if (message.attempts > 0) why = 'its confirm did not come';
    else if (this.#blocked) why = 'the broker has blocked publishing (memory or disk alarm)';
    else if (message.compressing !== undefined) why = 'its body was not compressed';
    else if (this.#confirms !== undefined) why = 'its exchange or queue was not declared';
    return deliveryError(message, `${why} within ${message.timeoutMs} ms`, { cause });
  }
}
