import type { Consumer, Delivery, Source, Transport } from '@leveret/transport';
import { decodeDelivery, MAX_BODY_BYTES } from './envelope.js';
import { type ClientClosedError, MalformedMessageError } from './errors.js';
import type { RpcClientEvent } from './events.js';
import { errorCode } from './publish-options.js';
import { type IncomingReply, parseReply } from './reply.js';
import { ReplyWaiters } from './reply-waiters.js';
import { consumerArguments, leavesQueue, QUEUE_DELETION_MS, replySource, type Topology } from './topology.js';
import { transientId } from './transient-id.js';

// Longer than a broker that is busy takes, and short beside the timeouts of calls: what their replies go to is lost with it.
const ANSWER_TIMEOUT_MS = 10_000;

/** A client's own queue for replies: made for the first call, kept through reconnects, shared by all its calls. */
export class ReplyQueue {
  readonly waiters: ReplyWaiters = new ReplyWaiters();
  readonly #transport: Transport;
  readonly #expiresMs: number;
  readonly #bigints: boolean;
  readonly #topology: Topology;
  readonly #emit: (event: RpcClientEvent) => void;
  readonly #end = new AbortController();
  // Made when it is first asked for: a count may have to be kept for its name.
  #source: Source | undefined;
  #consumer: Consumer | undefined;
  #setUp: Promise<void> | undefined;

  constructor(
    transport: Transport,
    topology: Topology,
    options: { readonly expiresMs: number; readonly bigints: boolean },
    emit: (event: RpcClientEvent) => void,
  ) {
    this.#bigints = options.bigints;
    this.#transport = transport;
    this.#topology = topology;
    this.#expiresMs = options.expiresMs;
    this.#emit = emit;
  }

  /** @throws InvalidArgumentError where a queue manager's count cannot be kept. */
  get name(): string {
    return this.#ownSource().queue.name;
  }

  /** Fires when the client is closed. */
  get closing(): AbortSignal {
    return this.#end.signal;
  }

  /** Undefined when replies can come; else the set-up to wait for. One that failed is tried again. */
  ready(): Promise<void> | undefined {
    if (this.#consumer !== undefined) return undefined;
    this.#setUp ??= this.#consume().finally(() => {
      this.#setUp = undefined;
    });
    return this.#setUp;
  }

  /** Ends every wait; deletes the queue unless a reply may still come, for that would hold up its sender. spec 13 #10. */
  async close(error: ClientClosedError): Promise<void> {
    const { settled } = this.waiters;
    this.#end.abort(error);
    this.waiters.rejectAll(error);
    // The set-up ends on the abort; whoever waited for it has heard of that.
    await this.#setUp?.catch(() => {});
    if (this.#consumer === undefined) return;
    await this.#consumer.cancel();
    if (!settled || leavesQueue(this.#topology, 'reply')) return;
    try {
      await this.#transport.deleteQueue(this.name, { signal: AbortSignal.timeout(QUEUE_DELETION_MS) });
    } catch (cause) {
      this.#emit({ type: 'queue-left-behind', queue: this.name, error: cause });
    }
  }

  async #consume(): Promise<void> {
    const { signal } = this.#end;
    // A call needs both connections: the one to publish on opens beside this one. What fails there, its publish tells.
    if (this.#transport.state.publish.status === 'idle') this.#transport.connect({ signal }).catch(() => {});
    try {
      // Every reply is acknowledged as it comes, so there is nothing for a limit to hold back.
      const consumer = await this.#transport.consume(this.#ownSource(), (delivery) => this.#receive(delivery), {
        prefetch: 0,
        arguments: consumerArguments(this.#topology),
        answerTimeoutMs: ANSWER_TIMEOUT_MS,
        signal,
      });
      this.#consumer = consumer;
      // Over for good, as when connecting was given up: the next call sets the queue up anew.
      void consumer.closed.then(({ reason, error }) => {
        if (this.#consumer !== consumer) return;
        this.#consumer = undefined;
        if (reason !== 'unanswered') return;
        this.#emit({ type: 'reply-queue-failed', queue: this.name, error });
        this.#source = undefined;
      });
    } catch (error) {
      if (!this.#end.signal.aborted) this.#emit({ type: 'reply-queue-failed', queue: this.name, error });
      // Another name may do: this queue hangs.
      if (errorCode(error) === 'ERR_LEVERET_UNANSWERED') this.#source = undefined;
      throw error;
    }
  }

  #ownSource(): Source {
    this.#source ??= replySource(transientId(this.#topology), this.#expiresMs, this.#topology);
    return this.#source;
  }

  #receive(delivery: Delivery): void {
    let reply: IncomingReply;
    try {
      reply = parseReply(decodeDelivery(delivery, MAX_BODY_BYTES, this.#bigints));
    } catch (cause) {
      delivery.reject({ requeue: false });
      const error =
        cause instanceof MalformedMessageError ? cause : new MalformedMessageError('it cannot be read.', { cause });
      this.#emit({ type: 'reply-malformed', error });
      return;
    }
    // Whether it arrives at the broker or not: a reply that comes twice is ignored the second time.
    delivery.ack();
    const outcome = this.waiters.deliver(reply);
    if (outcome === 'delivered') return;
    const messageId = String(reply.messageId);
    if (outcome === 'unknown') this.#emit({ type: 'reply-ignored', messageId, late: false });
    else this.#emit({ type: 'reply-ignored', messageId, late: true, ...outcome, heartbeat: !reply.ending });
  }
}
