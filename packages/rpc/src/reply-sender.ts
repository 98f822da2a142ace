import type { PublishOptions, Transport } from '@leveret/transport';
import type { BodyText } from './envelope.js';
import type { ReplyDropReason, RpcServerEvent } from './events.js';
import { newId } from './ids.js';
import { isMissingDestination, isRefused, messageOptions } from './publish-options.js';
import { encodeReply } from './reply.js';

/** A reply that can be sent: where to, and its body. */
export interface Reply {
  readonly messageId: string;
  readonly queue: string | undefined;
  readonly body: BodyText;
  /** What the caller is told when the broker refuses the body, most often as too large. Default: nothing. */
  readonly instead?: (error: unknown) => BodyText;
}

interface MissingQueue {
  readonly since: number;
  readonly replies: Reply[];
  timer: NodeJS.Timeout | undefined;
}

const RETRY_MS = 250;
// What oslo remembers of reply queues it has given up.
const GONE_MS = 60_000;
const GONE_LIMIT = 200;
// A caller that is gone cannot ask for more; this bounds what its last requests leave behind.
const WAITING_LIMIT = 1_000;

/**
 * Sends replies, mandatory: one that finds no queue waits for it and is tried again, without holding up anything else.
 * spec 6, "Server reply to a missing queue".
 */
export class ReplySender {
  readonly #transport: Transport;
  readonly #missingTimeoutMs: number;
  readonly #publishOptions: PublishOptions;
  readonly #emit: (event: RpcServerEvent) => void;
  readonly #missing = new Map<string, MissingQueue>();
  readonly #gone = new Map<string, number>();

  constructor(
    transport: Transport,
    options: { readonly missingTimeoutMs: number; readonly publishTimeoutMs: number },
    emit: (event: RpcServerEvent) => void,
  ) {
    this.#transport = transport;
    this.#missingTimeoutMs = options.missingTimeoutMs;
    this.#publishOptions = messageOptions(true, options.publishTimeoutMs);
    this.#emit = emit;
  }

  /** Resolves when the broker has the reply, or it waits for its queue (true), or it was given up (false). Never rejects. */
  send(reply: Reply): Promise<boolean> {
    const { queue } = reply;
    if (queue === undefined) return Promise.resolve(this.#drop(reply, 'no-queue-named'));
    if (this.#isGone(queue)) return Promise.resolve(this.#drop(reply, 'queue-missing'));
    const missing = this.#missing.size === 0 ? undefined : this.#missing.get(queue);
    if (missing !== undefined) return Promise.resolve(this.#await(reply, missing));
    // Not async: that would be two more promises for each reply.
    return this.#publish(queue, reply.body).then(
      () => true,
      (error) => {
        if (!isMissingDestination(error)) return this.#giveUp(reply, error);
        return this.#await(reply, this.#missing.get(queue) ?? this.#startWaiting(queue));
      },
    );
  }

  async #giveUp(reply: Reply, error: unknown): Promise<boolean> {
    const { messageId, queue, instead } = reply;
    if (instead === undefined || !isRefused(error)) return this.#drop(reply, 'not-sent', error);
    this.#emit({ type: 'reply-refused', queue: String(queue), messageId, error });
    return this.send({ messageId, queue, body: instead(error) });
  }

  /** Tells the caller that its method still runs. Rejects when that cannot be told. */
  async beat(messageId: string, queue: string): Promise<void> {
    if (this.#missing.has(queue) || this.#isGone(queue)) throw new Error('The reply queue is missing.');
    const body = encodeReply({ result: null, failure: null, ending: false, messageId, uniqueId: newId() });
    await this.#publish(queue, body);
  }

  /** Drops what waits for its queue. */
  stop(): void {
    for (const [queue, missing] of this.#missing) {
      clearTimeout(missing.timer);
      this.#missing.delete(queue);
      for (const reply of missing.replies) this.#drop(reply, 'stopped');
    }
  }

  #publish(queue: string, body: BodyText): Promise<unknown> {
    return this.#transport.publish({ routingKey: queue }, body, this.#publishOptions);
  }

  #startWaiting(queue: string): MissingQueue {
    const missing: MissingQueue = { since: performance.now(), replies: [], timer: undefined };
    this.#missing.set(queue, missing);
    this.#emit({ type: 'reply-delayed', queue });
    this.#scheduleProbe(queue, missing);
    return missing;
  }

  #await(reply: Reply, missing: MissingQueue): boolean {
    if (missing.replies.length >= WAITING_LIMIT) return this.#drop(reply, 'queue-missing');
    missing.replies.push(reply);
    return true;
  }

  #scheduleProbe(queue: string, missing: MissingQueue): void {
    missing.timer = setTimeout(() => void this.#probe(queue, missing), RETRY_MS);
  }

  async #probe(queue: string, missing: MissingQueue): Promise<void> {
    const [first] = missing.replies;
    if (first === undefined) return;
    let failure: unknown;
    try {
      await this.#publish(queue, first.body);
    } catch (error) {
      failure = error;
    }
    // Stopped while it was published: it was dropped with the others.
    if (this.#missing.get(queue) !== missing) return;
    if (isMissingDestination(failure)) {
      if (performance.now() - missing.since < this.#missingTimeoutMs) return this.#scheduleProbe(queue, missing);
      this.#missing.delete(queue);
      this.#remember(queue);
      for (const reply of missing.replies) this.#drop(reply, 'queue-missing', failure);
      return;
    }
    this.#missing.delete(queue);
    missing.replies.shift();
    if (failure !== undefined) await this.#giveUp(first, failure);
    await Promise.all(missing.replies.map((reply) => this.send(reply)));
  }

  #drop(reply: Reply, reason: ReplyDropReason, error?: unknown): false {
    const { queue, messageId } = reply;
    this.#emit({ type: 'reply-dropped', queue, messageId, reason, ...(error === undefined ? {} : { error }) });
    return false;
  }

  #isGone(queue: string): boolean {
    const since = this.#gone.size === 0 ? undefined : this.#gone.get(queue);
    if (since === undefined) return false;
    if (performance.now() - since < GONE_MS) return true;
    this.#gone.delete(queue);
    return false;
  }

  #remember(queue: string): void {
    this.#gone.set(queue, performance.now());
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > GONE_LIMIT && oldest !== undefined) this.#gone.delete(oldest);
  }
}
