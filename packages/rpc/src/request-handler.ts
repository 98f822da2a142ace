import type { Delivery } from '@leveret/transport';
import { type Acknowledgement, acknowledges } from './acknowledgement.js';
import type { Awaitable } from './awaitable.js';
import { parseCancel } from './cancel-message.js';
import { Cancellations } from './cancellations.js';
import type { DeadLetters } from './dead-letters.js';
import type { Duplicates } from './duplicates.js';
import { endsWithin } from './ends-within.js';
import { type BodyText, decodeDelivery, joined } from './envelope.js';
import { MalformedMessageError, ServerStoppedError } from './errors.js';
import { type IncomingRequest, parseRequest } from './request.js';
import { RequestRunner, type RunnerParts, tellOver } from './request-runner.js';
import { RequestScope } from './request-scope.js';
import type { StoredReplies } from './stored-replies.js';
import { UnderWay } from './under-way.js';
import { WorkQueue } from './work-queue.js';

/** What a handler is made of, beside what runs its methods. */
export interface HandlerParts extends RunnerParts {
  readonly acknowledge: Acknowledgement;
  readonly storedReplies: StoredReplies;
  readonly concurrency: number;
  readonly waitingLimit: number;
  readonly maxBodyBytes: number;
  readonly deadLetters: DeadLetters | undefined;
  readonly duplicates: Duplicates;
}

// Replies that the broker has not confirmed hold memory; no more requests are begun beyond so many.
const UNCONFIRMED_LIMIT = 1_000;

/** From a delivery to its reply: decode, acknowledge, have it run once, answer. */
export class RequestHandler {
  readonly #parts: HandlerParts;
  readonly #work: WorkQueue;
  readonly #replies = new UnderWay(() => this.#work.resume());
  readonly #cancellations = new Cancellations();
  readonly #runner: RequestRunner;
  // By id, what runs; resolves to whether its caller was answered.
  readonly #unfinished = new Map<string, Promise<boolean>>();
  #paused = false;
  #draining = false;

  constructor(parts: HandlerParts) {
    this.#parts = parts;
    this.#runner = new RequestRunner(parts, this.#cancellations);
    const limits = { running: parts.concurrency, waiting: parts.waitingLimit };
    this.#work = new WorkQueue(limits, () => !this.#paused && this.#replies.count < UNCONFIRMED_LIMIT);
  }

  /**
   * Takes a message from one of the server's queues.
   * @param onWaiting hears when a method whose delivery is not acknowledged begins to wait for calls of its own, and when
   * it goes on.
   */
  receive(delivery: Delivery, queue: string, onWaiting?: (change: 1 | -1) => void): void {
    if (this.#draining) return void delivery.reject({ requeue: true });
    const { maxBodyBytes, bigints } = this.#parts;
    let request: IncomingRequest;
    try {
      request = parseRequest(decodeDelivery(delivery, maxBodyBytes, bigints), delivery);
    } catch (error) {
      this.#refuse(delivery, queue, error);
      return;
    }
    const after = acknowledges(this.#parts.acknowledge, request.message['method']) === 'after';
    const run = after ? this.#runAndAcknowledge : this.#runAcknowledged;
    // A call expires with its caller's time, with oslo too; a cast's is only for the broker.
    const { reply } = request;
    const scope = new RequestScope(reply && delivery.expirationMs, reply?.messageId);
    this.#work.push({
      run: () => (this.#leave(delivery, request, scope) ? undefined : run.call(this, delivery, request, scope)),
      drop: () => {
        // Another server, or this one when it starts again, does it.
        if (!this.#leave(delivery, request, scope)) delivery.reject({ requeue: true });
      },
      onWaiting: after ? onWaiting : undefined,
    });
  }

  /** Begins nothing more: `drain` gives it back, once the consumers are cancelled and the broker cannot send it here again. */
  pause(): void {
    this.#paused = true;
  }

  /** Takes a message in which a client says what it has given up. */
  receiveCancel(delivery: Delivery, queue: string): void {
    try {
      this.#cancellations.cancel(parseCancel(decodeDelivery(delivery, this.#parts.maxBodyBytes)));
      delivery.ack();
    } catch (error) {
      this.#refuse(delivery, queue, error);
    }
  }

  #refuse(delivery: Delivery, queue: string, cause: unknown): void {
    const { deadLetters, emit } = this.#parts;
    const error =
      cause instanceof MalformedMessageError ? cause : new MalformedMessageError('it cannot be read.', { cause });
    if (deadLetters === undefined) delivery.reject({ requeue: false });
    else deadLetters.send(delivery, queue, error);
    emit({ type: 'request-malformed', queue, error });
  }

  /** Gives back what has not begun, and waits for the rest for so long; then fires the signals of what still runs. */
  async drain(drainMs: number): Promise<void> {
    this.#draining = true;
    this.#work.clear();
    const { deadLetters } = this.#parts;
    const settled = this.#work.idle().then(() => Promise.all([this.#replies.idle(), deadLetters?.idle()]));
    if (await endsWithin(settled, drainMs)) return;
    const stopped = new ServerStoppedError(`The server was stopped, and this method did not end within ${drainMs} ms.`);
    this.#parts.emit({ type: 'drain-ended', unfinished: this.#work.running });
    this.#cancellations.endAll(stopped);
  }

  /** True: nobody waits for it any more, so it is not run. */
  #leave(delivery: Delivery, request: IncomingRequest, scope: RequestScope): boolean {
    this.#cancellations.apply(scope);
    const { over } = scope;
    if (over === undefined) return false;
    delivery.ack();
    tellOver(this.#parts.emit, request, over, false);
    return true;
  }

  /** At most once, as oslo: a crash loses what runs. */
  #runAcknowledged(delivery: Delivery, request: IncomingRequest, scope: RequestScope): Awaitable<void> {
    const { duplicates, emit } = this.#parts;
    const { uniqueId } = request;
    if (!delivery.ack()) return emit({ type: 'request-lost', uniqueId });
    if (uniqueId !== undefined) {
      if (duplicates.has(uniqueId)) return emit({ type: 'request-repeated', uniqueId });
      duplicates.add(uniqueId);
    }
    const body = this.#runner.run(request, scope, delivery.redelivered);
    // The reply is not waited for: the place among those that run is free again while the broker confirms.
    if (body instanceof Promise) return body.then((text) => void this.#reply(request, text));
    void this.#reply(request, body);
  }

  /** At least once: a crash leaves it to be delivered again. */
  async #runAndAcknowledge(delivery: Delivery, request: IncomingRequest, scope: RequestScope): Promise<void> {
    const { uniqueId, reply } = request;
    // A call's message id is as good, and is there where a peer gives no unique id.
    const key = reply?.messageId ?? uniqueId;
    if (key === undefined) {
      await this.#executeAndReply(delivery, request, scope);
      return;
    }
    const unfinished = this.#unfinished.get(key);
    if (unfinished !== undefined) {
      this.#parts.emit({ type: 'request-repeated', uniqueId: uniqueId ?? key });
      // Only once the first run has ended is this copy done with; it holds no place among those that run.
      void unfinished.then((answered) => {
        if (answered) delivery.ack();
        else void this.#answerAgain(delivery, request, key);
      });
      return;
    }
    const done = this.#runUnlessAnswered(delivery, request, scope, key);
    this.#unfinished.set(key, done);
    await done;
    this.#unfinished.delete(key);
  }

  async #runUnlessAnswered(
    delivery: Delivery,
    request: IncomingRequest,
    scope: RequestScope,
    key: string,
  ): Promise<boolean> {
    const { duplicates, storedReplies, emit } = this.#parts;
    const stored = await storedReplies.get(key);
    if (stored === undefined && !duplicates.has(key)) {
      const answered = await this.#executeAndReply(delivery, request, scope, key);
      duplicates.add(key);
      return answered;
    }
    const answered = Boolean(stored) && request.reply !== undefined;
    emit({ type: 'request-repeated', uniqueId: request.uniqueId ?? key, ...(answered ? { answered } : {}) });
    const sent = await this.#reply(request, stored);
    delivery.ack();
    return sent;
  }

  /** The first reply was lost with its connection, as the acknowledgement was. */
  async #answerAgain(delivery: Delivery, request: IncomingRequest, key: string): Promise<void> {
    await this.#reply(request, await this.#parts.storedReplies.get(key));
    delivery.ack();
  }

  async #executeAndReply(
    delivery: Delivery,
    request: IncomingRequest,
    scope: RequestScope,
    key?: string,
  ): Promise<boolean> {
    const body = await this.#runner.run(request, scope, delivery.redelivered);
    // Before it is sent: what the caller has seen must not be run again.
    if (key !== undefined) await this.#parts.storedReplies.put(key, joined(body ?? ''));
    const answered = await this.#reply(request, body);
    // False: the connection is gone, and the copy that the broker sends again is known as a repeat.
    delivery.ack();
    return answered;
  }

  #reply({ message, reply }: IncomingRequest, body: BodyText | undefined): Promise<boolean> {
    if (reply === undefined || !body) return Promise.resolve(true);
    const { messageId, queue } = reply;
    // Never rejects.
    const instead = (error: unknown): BodyText => this.#runner.refusal(message['method'], messageId, error);
    this.#replies.begin();
    return this.#parts.sender.send({ messageId, queue, body, instead }).then((answered) => {
      this.#replies.end();
      return answered;
    });
  }
}
