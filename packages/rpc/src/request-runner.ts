import { type Awaitable, isThenable } from './awaitable.js';
import { waitBounded } from './bounded-wait.js';
import { monitorIntervalMs, startCallMonitor } from './call-monitor.js';
import type { Cancellations } from './cancellations.js';
import { isTraced, runTraced, serverDispatches, serverTrace } from './diagnostics.js';
import { findMethod, isIgnoredMiss } from './dispatcher.js';
import type { AccessPolicy, Method, ResolvedEndpoint } from './endpoint.js';
import type { BodyText } from './envelope.js';
import type { ErrorMapper } from './error-mapper.js';
import { CallCancelledError, DeadlineExceededError, InvalidArgumentError, MethodTimeoutError } from './errors.js';
import type { RpcServerEvent } from './events.js';
import { ExpectedError } from './expected-errors.js';
import { encodeFailure } from './failure.js';
import { newId } from './ids.js';
import type { MiddlewareChain } from './middleware.js';
import { runThrough } from './middleware-running.js';
import { RpcFault } from './remote-errors.js';
import { encodeReply } from './reply.js';
import type { ReplySender } from './reply-sender.js';
import { type Context, type IncomingRequest, parseContext, parseInvocation } from './request.js';
import type { RequestScope } from './request-scope.js';
import { type Serializer, serializeArgs } from './serializer.js';
import { ServedCall } from './served-call.js';
import type { ServerCall, ServerIdentity } from './server-middleware.js';
import { ResultValidationError } from './validation-errors.js';
import { toWireValue } from './wire-value.js';
import { WorkPlace } from './work-place.js';

/** What a runner is made of. */
export interface RunnerParts {
  readonly target: ServerIdentity;
  readonly endpoints: readonly ResolvedEndpoint[];
  readonly accessPolicy: AccessPolicy;
  readonly serializer: Serializer | undefined;
  readonly middleware: MiddlewareChain<ServerCall> | undefined;
  readonly traceback: boolean;
  readonly bigints: boolean;
  /** What a caller is told of an error. */
  readonly told: ErrorMapper;
  /** 0: none. */
  readonly methodTimeoutMs: number;
  readonly sender: ReplySender;
  readonly emit: (event: RpcServerEvent) => void;
}

/** A request that runs. */
interface Run {
  readonly request: IncomingRequest;
  readonly scope: RequestScope;
  readonly place: WorkPlace | undefined;
  readonly stopMonitor: (() => void) | undefined;
}

/** From a request to the body of its reply: find the method, run it, tell what became of it. */
export class RequestRunner {
  readonly #parts: RunnerParts;
  readonly #cancellations: Cancellations;

  constructor(parts: RunnerParts, cancellations: Cancellations) {
    this.#parts = parts;
    this.#cancellations = cancellations;
  }

  /** The body of the reply; undefined for a cast. A promise where the method takes its time; never throws, never rejects. */
  run(request: IncomingRequest, scope: RequestScope, redelivered: boolean): Awaitable<BodyText | undefined> {
    const { methodTimeoutMs } = this.#parts;
    const run: Run = { request, scope, place: WorkPlace.current, stopMonitor: this.#startMonitor(request) };
    if (run.place !== undefined) run.place.scope = scope;
    this.#cancellations.begin(scope);
    let running: Awaitable<unknown>;
    try {
      running = this.#dispatch(request, scope, redelivered);
    } catch (thrown) {
      return this.#failed(run, thrown);
    }
    if (!(running instanceof Promise)) return this.#succeeded(run, running);
    const onLate = (): Error => {
      const error = new MethodTimeoutError(methodTimeoutMs);
      scope.end(error);
      return error;
    };
    const bounded =
      methodTimeoutMs === 0
        ? running
        : waitBounded(running, { signal: undefined, timeoutMs: methodTimeoutMs, timedOut: onLate });
    return bounded.then(
      (result) => this.#succeeded(run, result),
      (thrown) => this.#failed(run, thrown),
    );
  }

  #succeeded(run: Run, result: unknown): BodyText | undefined {
    const messageId = run.request.reply?.messageId;
    let body: BodyText | undefined;
    try {
      if (messageId !== undefined)
        body = encodeReply({ result, failure: null, ending: true, messageId, uniqueId: newId() });
    } catch (error) {
      return this.#failed(run, error);
    }
    this.#ended(run);
    return body;
  }

  #failed(run: Run, thrown: unknown): BodyText | undefined {
    const { emit, traceback, told } = this.#parts;
    const { request, scope } = run;
    const messageId = request.reply?.messageId;
    try {
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
      this.#ended(run);
    }
  }

  #ended({ request, scope, place, stopMonitor }: Run): void {
    stopMonitor?.();
    scope.close();
    const { over } = scope;
    // What it has left behind is nobody's request any more; one that has had its time still runs, and begins nothing more.
    if (place !== undefined && !(over instanceof MethodTimeoutError)) place.scope = undefined;
    this.#cancellations.end(scope);
    if (over !== undefined) tellOver(this.#parts.emit, request, over, true);
  }

  #dispatch(request: IncomingRequest, scope: RequestScope, redelivered: boolean): Awaitable<unknown> {
    if (!isTraced(serverDispatches)) return this.#invoke(request, scope, redelivered);
    const trace = serverTrace(this.#parts.target, request, redelivered);
    return runTraced(
      serverDispatches,
      trace,
      async () => this.#invoke(request, scope, redelivered),
      (error) => (ExpectedError.is(error) ? error.error : error),
    );
  }

  #invoke(request: IncomingRequest, scope: RequestScope, redelivered: boolean): Awaitable<unknown> {
    const { message } = request;
    const { endpoints, accessPolicy, serializer, middleware, target } = this.#parts;
    const invocation = parseInvocation(message);
    const { method } = invocation;
    const find = (): Method => findMethod(endpoints, accessPolicy, invocation);
    // Middleware sees each request, also those that nothing is found for.
    const run = middleware === undefined ? find() : undefined;
    const plain = parseContext(message);
    const context = serializer === undefined ? plain : serializer.deserializeContext(plain);
    const args = serializeArgs(serializer, context, invocation.args, 'deserializeValue');
    const call = new ServedCall(target, request, invocation, args, context, redelivered, scope);
    const result: unknown =
      middleware === undefined ? run?.(call.args, call) : runThrough(middleware, call, () => find()(call.args, call));
    if (!isThenable(result)) return this.#answer(request, method, context, result);
    return Promise.resolve(result).then((value) => this.#answer(request, method, context, value));
  }

  #answer({ reply }: IncomingRequest, method: string, context: Context, result: unknown): unknown {
    if (reply === undefined) return undefined;
    const { serializer } = this.#parts;
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

  #startMonitor({ reply, monitorTimeout }: IncomingRequest): (() => void) | undefined {
    if (reply?.queue === undefined || !monitorTimeout) return undefined;
    const intervalMs = monitorIntervalMs(monitorTimeout);
    if (intervalMs === undefined) {
      this.#parts.emit({ type: 'call-monitor-refused', value: monitorTimeout });
      return undefined;
    }
    const { messageId, queue } = reply;
    return startCallMonitor(intervalMs, () => this.#parts.sender.beat(messageId, queue));
  }

  /** The body of a reply that stands in for one which the broker refused. */
  refusal(method: unknown, messageId: string, cause: unknown): BodyText {
    const why = cause instanceof Error ? cause.message : String(cause);
    // What a peer calls a method can be anything, even what has no text.
    const name = typeof method === 'string' ? `The method '${method}'` : 'The request';
    const fault = new RpcFault('RuntimeError', `${name} ended, but its reply was refused. ${why}`);
    const failure = encodeFailure(fault, this.#parts.traceback);
    return encodeReply({ result: null, failure, ending: true, messageId, uniqueId: newId() });
  }
}

/** Says that nobody waits for a request any more, if that is why it is over. */
export function tellOver(
  emit: RunnerParts['emit'],
  { message, uniqueId }: IncomingRequest,
  over: Error,
  ran: boolean,
): void {
  const { method } = message;
  if (over instanceof DeadlineExceededError) emit({ type: 'request-expired', method, uniqueId, ran });
  else if (over instanceof CallCancelledError) emit({ type: 'request-cancelled', method, uniqueId, ran, by: over.by });
}

function refusedResult(error: unknown): ResultValidationError | undefined {
  try {
    return error instanceof RpcFault && error.cause instanceof ResultValidationError ? error.cause : undefined;
  } catch {
    // A proxy whose traps throw is no error of ours.
    return undefined;
  }
}
