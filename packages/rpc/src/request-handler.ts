import type { Delivery } from '@leveret/transport';
import { type Acknowledgement, acknowledges } from './acknowledgement.js';
import { monitorIntervalMs, startCallMonitor } from './call-monitor.js';
import { parseCancel } from './cancel-message.js';
import { Cancellations } from './cancellations.js';
import type { DeadLetters } from './dead-letters.js';
import { isTraced, runTraced, serverDispatches, serverTrace } from './diagnostics.js';
import { findMethod, isIgnoredMiss } from './dispatcher.js';
import type { Duplicates } from './duplicates.js';
import type { AccessPolicy, Method, ResolvedEndpoint } from './endpoint.js';
import { decodeDelivery } from './envelope.js';
import type { ErrorMapper } from './error-mapper.js';
import {
  CallCancelledError,
  DeadlineExceededError,
  InvalidArgumentError,
  MalformedMessageError,
  MethodTimeoutError,
  ServerStoppedError,
} from './errors.js';
import type { RpcServerEvent } from './events.js';
import { ExpectedError } from './expected-errors.js';
import { encodeFailure } from './failure.js';
import { newId } from './ids.js';
import type { MiddlewareChain } from './middleware.js';
import { runThrough } from './middleware-running.js';
import { RpcFault } from './remote-errors.js';
import { encodeReply } from './reply.js';
import type { ReplySender } from './reply-sender.js';
import { type IncomingRequest, parseContext, parseInvocation, parseRequest } from './request.js';
import { RequestScope } from './request-scope.js';
import { type Serializer, serializeArgs } from './serializer.js';
import type { ServerCall, ServerIdentity } from './server-middleware.js';
import type { StoredReplies } from './stored-replies.js';
import { ResultValidationError } from './validation-errors.js';
import { toWireValue } from './wire-value.js';
import { withinTime } from './within-time.js';
import { WorkPlace } from './work-place.js';
import { WorkQueue } from './work-queue.js';

/** What a handler is made of. */
export interface HandlerParts {
  readonly target: ServerIdentity;
  readonly endpoints: readonly ResolvedEndpoint[];
  readonly accessPolicy: AccessPolicy;
  readonly serializer: Serializer | undefined;
  readonly middleware: MiddlewareChain<ServerCall> | undefined;
  readonly acknowledge: Acknowledgement;
  readonly storedReplies: StoredReplies;
  readonly concurrency: number;
  readonly waitingLimit: number;
  readonly traceback: boolean;
  readonly bigints: boolean;
  /** What a caller is told of an error. */
  readonly told: ErrorMapper;
  readonly maxBodyBytes: number;
  /** 0: none. */
  readonly methodTimeoutMs: number;
  readonly deadLetters: DeadLetters | undefined;
  readonly duplicates: Duplicates;
  readonly sender: ReplySender;
  readonly emit: (event: RpcServerEvent) => void;
}

// Replies that the broker has not confirmed hold memory; no more requests are begun beyond so many.
const UNCONFIRMED_LIMIT = 1_000;

/** From a delivery to its reply: decode, acknowledge, run once, answer. */
export class RequestHandler {
  readonly #parts: HandlerParts;
  readonly #work: WorkQueue;
  readonly #replies = new Set<Promise<boolean>>();
  readonly #running = new Set<RequestScope>();
  readonly #cancellations = new Cancellations();
  // By id, what runs; resolves to whether its caller was answered.
  readonly #unfinished = new Map<string, Promise<boolean>>();
  #paused = false;
  #draining = false;

  constructor(parts: HandlerParts) {
    this.#parts = parts;
    const limits = { running: parts.concurrency, waiting: parts.waitingLimit };
    this.#work = new WorkQueue(limits, () => !this.#paused && this.#replies.size < UNCONFIRMED_LIMIT);
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
    const scope = new RequestScope(request.reply === undefined ? undefined : delivery.expirationMs);
    this.#work.push({
      run: () =>
        this.#isOver(request, scope) ? this.#leave(delivery, request, scope) : run.call(this, delivery, request, scope),
      drop: () => {
        if (this.#isOver(request, scope)) void this.#leave(delivery, request, scope);
        // Another server, or this one when it starts again, does it.
        else delivery.reject({ requeue: true });
      },
      ...(after && onWaiting !== undefined ? { onWaiting } : {}),
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

  #isOver({ reply }: IncomingRequest, scope: RequestScope): boolean {
    if (reply !== undefined) this.#cancellations.apply(reply.messageId, scope);
    return scope.over !== undefined;
  }

  /** Gives back what has not begun, and waits for the rest for so long; then fires the signals of what still runs. */
  async drain(drainMs: number): Promise<void> {
    this.#draining = true;
    this.#work.clear();
    const { deadLetters } = this.#parts;
    const settled = this.#work.idle().then(() => Promise.all([...this.#replies, deadLetters?.idle()]));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, drainMs, 'late');
    });
    const outcome = await Promise.race([settled, late]);
    clearTimeout(timer);
    if (outcome !== 'late') return;
    const stopped = new ServerStoppedError(`The server was stopped, and this method did not end within ${drainMs} ms.`);
    this.#parts.emit({ type: 'drain-ended', unfinished: this.#work.running });
    for (const scope of this.#running) scope.end(stopped);
  }

  /** Nobody waits for it any more, so it is not run. */
  async #leave(delivery: Delivery, request: IncomingRequest, scope: RequestScope): Promise<void> {
    delivery.ack();
    this.#tellOver(request, scope, false);
  }

  #tellOver({ message, uniqueId }: IncomingRequest, { over }: RequestScope, ran: boolean): void {
    const { method } = message;
    const { emit } = this.#parts;
    if (over instanceof DeadlineExceededError) emit({ type: 'request-expired', method, uniqueId, ran });
    else if (over instanceof CallCancelledError)
      emit({ type: 'request-cancelled', method, uniqueId, ran, by: over.by });
  }

  /** At most once, as oslo: a crash loses what runs. */
  async #runAcknowledged(delivery: Delivery, request: IncomingRequest, scope: RequestScope): Promise<void> {
    const { duplicates, emit } = this.#parts;
    const { uniqueId } = request;
    if (!delivery.ack()) return emit({ type: 'request-lost', uniqueId });
    if (uniqueId !== undefined) {
      if (duplicates.has(uniqueId)) return emit({ type: 'request-repeated', uniqueId });
      duplicates.add(uniqueId);
    }
    // Not awaited: the place among those that run is free again while the broker confirms.
    void this.#reply(request, await this.#execute(request, scope, delivery.redelivered));
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
    const body = await this.#execute(request, scope, delivery.redelivered);
    // Before it is sent: what the caller has seen must not be run again.
    if (key !== undefined) await this.#parts.storedReplies.put(key, body ?? '');
    const answered = await this.#reply(request, body);
    // False: the connection is gone, and the copy that the broker sends again is known as a repeat.
    delivery.ack();
    return answered;
  }

  #reply({ message, reply }: IncomingRequest, body: string | undefined): Promise<boolean> {
    if (reply === undefined || !body) return Promise.resolve(true);
    const { messageId, queue } = reply;
    // Never rejects.
    const instead = (error: unknown): string => this.#refusal(message['method'], messageId, error);
    const sent = this.#parts.sender.send({ messageId, queue, body, instead }).then((answered) => {
      this.#replies.delete(sent);
      this.#work.resume();
      return answered;
    });
    this.#replies.add(sent);
    return sent;
  }

  #refusal(method: unknown, messageId: string, cause: unknown): string {
    const why = cause instanceof Error ? cause.message : String(cause);
    // What a peer calls a method can be anything, even what has no text.
    const name = typeof method === 'string' ? `The method '${method}'` : 'The request';
    const fault = new RpcFault('RuntimeError', `${name} ended, but its reply was refused. ${why}`);
    const failure = encodeFailure(fault, this.#parts.traceback);
    return encodeReply({ result: null, failure, ending: true, messageId, uniqueId: newId() });
  }

  /** The body of the reply; undefined for a cast. Never rejects. */
  async #execute(request: IncomingRequest, scope: RequestScope, redelivered: boolean): Promise<string | undefined> {
    const { emit, traceback, told, methodTimeoutMs } = this.#parts;
    const messageId = request.reply?.messageId;
    const onLate = (): Error => {
      const error = new MethodTimeoutError(methodTimeoutMs);
      scope.end(error);
      return error;
    };
    const stopMonitor = this.#startMonitor(request);
    const place = WorkPlace.current;
    if (place !== undefined) place.scope = scope;
    this.#running.add(scope);
    if (messageId !== undefined) this.#cancellations.begin(messageId, scope);
    try {
      const running = this.#dispatch(request, scope, redelivered);
      const result = await (methodTimeoutMs === 0 ? running : withinTime(running, methodTimeoutMs, onLate));
      if (messageId === undefined) return undefined;
      return encodeReply({ result, failure: null, ending: true, messageId, uniqueId: newId() });
    } catch (thrown) {
      const error = ExpectedError.is(thrown) ? thrown.error : thrown;
      const { method } = request.message;
      const expected = ExpectedError.is(thrown) || isIgnoredMiss(method, error);
      const refused = refusedResult(error);
      if (refused !== undefined) emit({ type: 'result-refused', method: refused.method, error: refused });
      const kind = messageId === undefined ? 'cast' : 'call';
      // That it heeded its signal is no failure.
      if (scope.over === undefined || error !== scope.over || scope.over instanceof MethodTimeoutError)
        emit({ type: 'request-failed', method, error, expected, kind });
      if (messageId === undefined) return undefined;
      const failure = encodeFailure(error, traceback, told(error));
      return encodeReply({ result: null, failure, ending: true, messageId, uniqueId: newId() });
    } finally {
      stopMonitor();
      scope.close();
      this.#running.delete(scope);
      // What it has left behind is nobody's request any more; one that has had its time still runs, and begins nothing more.
      if (place !== undefined && !(scope.over instanceof MethodTimeoutError)) place.scope = undefined;
      if (messageId !== undefined) this.#cancellations.end(messageId);
      this.#tellOver(request, scope, true);
    }
  }

  #dispatch(request: IncomingRequest, scope: RequestScope, redelivered: boolean): Promise<unknown> {
    if (!isTraced(serverDispatches)) return this.#invoke(request, scope, redelivered);
    const trace = serverTrace(this.#parts.target, request, redelivered);
    return runTraced(
      serverDispatches,
      trace,
      () => this.#invoke(request, scope, redelivered),
      (error) => (ExpectedError.is(error) ? error.error : error),
    );
  }

  async #invoke(request: IncomingRequest, scope: RequestScope, redelivered: boolean): Promise<unknown> {
    const { message, reply, monitorTimeout, origin, uniqueId = null } = request;
    const { endpoints, accessPolicy, serializer, middleware, target } = this.#parts;
    const invocation = parseInvocation(message);
    const { method, args, namespace, version } = invocation;
    const find = (): Method => findMethod(endpoints, accessPolicy, invocation);
    // Middleware sees each request, also those that nothing is found for.
    const run = middleware === undefined ? find() : undefined;
    const plain = parseContext(message);
    const context = serializer === undefined ? plain : serializer.deserializeContext(plain);
    const call: ServerCall = {
      target,
      destination: { exchange: origin.exchange, routingKey: origin.routingKey },
      uniqueId,
      messageId: reply?.messageId ?? null,
      args: serializeArgs(serializer, context, args, 'deserializeValue'),
      headers: origin.headers,
      method,
      namespace,
      version,
      context,
      kind: reply === undefined ? 'cast' : 'call',
      clientTimeoutMs: typeof monitorTimeout === 'number' ? monitorTimeout * 1000 : null,
      redelivered,
      get signal() {
        return scope.signal;
      },
      get deadline() {
        return scope.deadline;
      },
      get remainingMs() {
        return scope.remainingMs;
      },
    };
    const result = await (middleware === undefined
      ? run?.(call.args, call)
      : runThrough(middleware, call, () => find()(call.args, call)));
    if (reply === undefined) return undefined;
    return this.#sendable(method, serializer === undefined ? result : serializer.serializeValue(context, result));
  }

  #sendable(method: string, result: unknown): unknown {
    try {
      return result === undefined ? null : toWireValue(result, 'result', this.#parts.bigints);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      this.#parts.emit({ type: 'result-refused', method, error });
      throw new RpcFault('RuntimeError', `The method '${method}' ended, but its ${error.message}`, { cause: error });
    }
  }

  #startMonitor({ reply, monitorTimeout }: IncomingRequest): () => void {
    if (reply?.queue === undefined || !monitorTimeout) return () => {};
    const intervalMs = monitorIntervalMs(monitorTimeout);
    if (intervalMs === undefined) {
      this.#parts.emit({ type: 'call-monitor-refused', value: monitorTimeout });
      return () => {};
    }
    const { messageId, queue } = reply;
    return startCallMonitor(intervalMs, () => this.#parts.sender.beat(messageId, queue));
  }
}

function refusedResult(error: unknown): ResultValidationError | undefined {
  try {
    return error instanceof RpcFault && error.cause instanceof ResultValidationError ? error.cause : undefined;
  } catch {
    // A proxy whose traps throw is no error of ours.
    return undefined;
  }
}
