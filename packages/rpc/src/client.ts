import type { MessageUndeliverableError, Transport } from '@leveret/transport';
import type { MethodName, MethodParameters, ResultOf, UntypedApi } from './api.js';
import type { StageFacts } from './call-stage.js';
import { CancelSender } from './cancel-sender.js';
import { sendChecked } from './checked-sending.js';
import { checkBoolean, checkInteger, checkMethodName, checkNames, checkRecord } from './checks.js';
import type { ClientCall } from './client-middleware.js';
import {
  CALL_FIELDS,
  type CallOptions,
  CLIENT_FIELDS,
  type ClientOptions,
  contextToSend,
  OVERRIDE_FIELDS,
  type Overrides,
  overrideSettings,
  type ResolvedSettings,
  resolveSettings,
} from './client-options.js';
import { type Contract, type ContractApi, checkContract } from './contract.js';
import { clientCalls, clientCasts, clientTrace, isTraced, runTraced } from './diagnostics.js';
import {
  ClientClosedError,
  ClientSendError,
  DeadlineExceededError,
  InvalidTargetError,
  MessagingTimeoutError,
  RequestUndeliverableError,
  RpcVersionCapError,
} from './errors.js';
import { createEmitter } from './events.js';
import { decodeFailure } from './failure.js';
import { newId } from './ids.js';
import { composeMiddleware, type MiddlewareChain } from './middleware.js';
import { sendThrough } from './middleware-sending.js';
import { errorCode, messageOptions, type PublishOptionsDraft } from './publish-options.js';
import { publishOutcome } from './publish-outcome.js';
import { type RemoteErrorClasses, resolveRemoteErrors } from './remote-error-classes.js';
import { ReplyQueue } from './reply-queue.js';
import { encodeRequest, type OutgoingRequest } from './request.js';
import type { RequestScope } from './request-scope.js';
import type { Sending } from './sending.js';
import { type Serializer, serializeArgs } from './serializer.js';
import { describeTarget, type ResolvedTarget, type Target } from './target.js';
import { destinationOf, resolveTopology, type Topology } from './topology.js';
import { isVersionCompatible } from './version.js';
import { toWireValue } from './wire-value.js';
import { WorkPlace } from './work-place.js';

/** Calls and casts to a target. */
export interface RpcCaller<Api = UntypedApi> {
  /**
   * Has the method run by one server, and resolves to its result; null if it has none.
   * @throws RemoteError, NoSuchMethodError, UnsupportedVersionError as the server answered; MessagingTimeoutError;
   * ClientSendError, MessageUndeliverableError when it could not be sent; InvalidTargetError, InvalidArgumentError,
   * ArgsValidationError, RpcVersionCapError before anything is sent; ResultValidationError; ClientClosedError;
   * `signal.reason`.
   */
  call<Name extends MethodName<Api>>(
    method: Name,
    ...argsAndOptions: MethodParameters<Api, Name, CallOptions>
  ): Promise<ResultOf<Api, Name>>;

  /**
   * Has the method run by one server, or with `fanout` by each, and resolves when the broker has the request; nothing
   * tells what became of it. @throws as `call`, without the server's answers and the timeout.
   */
  cast<Name extends MethodName<Api>>(
    method: Name,
    ...argsAndOptions: MethodParameters<Api, Name, CallOptions>
  ): Promise<void>;

  /** The same with another target or settings; it shares the reply queue, and ends with the client. */
  prepare(overrides: Overrides): RpcCaller<Api>;

  /** Whether the version cap allows this version. Default: the target's. @throws InvalidVersionError */
  canSendVersion(version?: string | null): boolean;
}

/** A caller with a life of its own. */
export interface RpcClient<Api = UntypedApi> extends RpcCaller<Api>, AsyncDisposable {
  /**
   * Rejects every call that waits with ClientClosedError, stops consuming replies, and deletes the reply queue unless a
   * reply may still come. The transport stays open. Never rejects; can be called twice.
   */
  close(): Promise<void>;
}

/**
 * A client for the servers of a topic. Nothing is sent or declared before the first call. With a contract it knows
 * arguments and results and validates them, and asks for the contract's namespace and version.
 * @throws InvalidTargetError without a topic, InvalidArgumentError, InvalidVersionError.
 */
export function createRpcClient<const Of extends Contract>(
  transport: Transport,
  target: Target,
  options: ClientOptions & { readonly contract: Of },
): RpcClient<ContractApi<Of>>;
/** A client of an interface that the compiler knows, or of none: nothing is validated. */
export function createRpcClient<Api = UntypedApi>(
  transport: Transport,
  target: Target,
  options?: ClientOptions,
): RpcClient<Api>;
export function createRpcClient(transport: Transport, target: Target, options: ClientOptions = {}): RpcClient {
  checkNames('a client', options, CLIENT_FIELDS);
  const { contract } = options;
  if (contract !== undefined) checkContract(contract);
  const settings = resolveSettings(target, options, contract);
  // A client consumes from no stream: whatever prefetch will do.
  const topology = resolveTopology(options, transport, 1);
  const expiresMs = checkInteger('replyQueueExpiresMs', options.replyQueueExpiresMs ?? topology.transientExpiresMs, 0);
  const bigints = checkBoolean('bigints', options.bigints ?? false);
  const emit = createEmitter(options.onEvent);
  const replies = new ReplyQueue(transport, topology, { expiresMs, bigints }, emit);
  const core: Core = {
    transport,
    topology,
    serializer: options.serializer,
    contract,
    middleware: composeMiddleware(options.middleware),
    bigints,
    remoteErrors: resolveRemoteErrors(options.remoteErrors),
    replies,
    cancels: new CancelSender(transport, emit),
    closed: undefined,
  };
  return new Client(core, settings);
}

/** What all callers of one client share. */
interface Core {
  readonly transport: Transport;
  readonly topology: Topology;
  readonly serializer: Serializer | undefined;
  readonly contract: Contract | undefined;
  readonly middleware: MiddlewareChain<ClientCall> | undefined;
  readonly bigints: boolean;
  readonly remoteErrors: RemoteErrorClasses;
  readonly replies: ReplyQueue;
  readonly cancels: CancelSender;
  closed: Promise<void> | undefined;
}

class Caller implements RpcCaller {
  protected readonly core: Core;
  readonly #settings: ResolvedSettings;

  constructor(core: Core, settings: ResolvedSettings) {
    this.core = core;
    this.#settings = settings;
  }

  async call(
    method: string,
    args: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): Promise<unknown> {
    const settings = this.#settingsFor(method, options);
    const outer = settings.inheritDeadline ? WorkPlace.current?.scope : undefined;
    const bound = outer === undefined ? settings : boundBy(outer, settings);
    return this.#send({
      kind: 'call',
      method,
      uniqueId: newId(),
      messageId: newId(),
      args,
      settings: bound,
      signal: options.signal,
      outer,
      inherits: bound !== settings,
    });
  }

  async cast(method: string, args: Readonly<Record<string, unknown>> = {}, options: CallOptions = {}): Promise<void> {
    await this.#send({
      kind: 'cast',
      method,
      uniqueId: newId(),
      messageId: null,
      args,
      settings: this.#settingsFor(method, options),
      signal: options.signal,
      // A cast is left to itself, whoever makes it.
      outer: undefined,
      inherits: false,
    });
  }

  #send(sending: Sending): Promise<unknown> {
    const channel = sending.kind === 'call' ? clientCalls : clientCasts;
    if (!isTraced(channel)) return this.#sendThrough(sending);
    return runTraced(channel, clientTrace(sending), () => this.#sendThrough(sending));
  }

  #sendThrough(sending: Sending): Promise<unknown> {
    const { middleware, topology } = this.core;
    if (middleware === undefined) return this.#sendChecked(sending);
    const { exchange, routingKey } = destinationOf(checkedTarget(sending.settings), topology);
    const destination = { exchange: exchange?.name ?? '', routingKey };
    return sendThrough(middleware, destination, sending, this.#sendChecked);
  }

  readonly #sendChecked = (sending: Sending): Promise<unknown> => {
    const { contract, middleware } = this.core;
    if (contract !== undefined) return sendChecked(contract, sending, this.#publishLater);
    return middleware === undefined ? this.#publish(sending) : this.#publishLater(sending);
  };

  // While others had it, the client may have been closed, or the call ended.
  readonly #publishLater = async (sending: Sending): Promise<unknown> => {
    this.#checkOpen();
    sending.signal?.throwIfAborted();
    return this.#publish(sending);
  };

  #publish(sending: Sending): Promise<unknown> {
    const { messageId } = sending;
    return messageId === null ? this.#cast(sending) : this.#call(sending, messageId);
  }

  async #call(sending: Sending, messageId: string): Promise<unknown> {
    const { method, settings, signal, outer, headers } = sending;
    const { transport, serializer, replies, cancels } = this.core;
    const { timeoutMs, callMonitorTimeoutMs } = settings;
    const target = checkedTarget(settings);
    if (target.fanout)
      throw new InvalidTargetError('A call cannot be used with fanout: only a cast can reach every server.', target);
    const timedOut = (facts: StageFacts, cause?: unknown): Error =>
      new MessagingTimeoutError(
        { ...facts, inherited: sending.inherits, method, target, describedTarget: describeTarget(target) },
        cause === undefined ? undefined : { cause },
      );
    const over = outer?.over;
    if (over instanceof DeadlineExceededError) {
      throw timedOut({ stage: 'not-begun', timeoutMs, lastHeartbeatAgoMs: null }, over);
    }
    if (over !== undefined) throw over;
    const monitorSeconds = callMonitorTimeoutMs === null ? null : Math.floor(callMonitorTimeoutMs / 1000);
    let body = this.#encode(sending, { messageId, queue: replies.name, monitorSeconds });
    const destination = destinationOf(target, this.core.topology);
    const waiter = replies.waiters.open(messageId, {
      method,
      timeoutMs,
      monitorTimeoutMs: callMonitorTimeoutMs,
      signal,
      failed: (failure) => decodeFailure(failure, this.core.remoteErrors, this.core.bigints),
      timedOut,
      outer,
    });
    try {
      const setUp = replies.ready();
      if (setUp !== undefined) {
        const failure = setUp.catch((error: unknown) => {
          throw sendError('reply-queue', 'The reply queue of the call could not be set up', method, target, error);
        });
        await Promise.race([failure, waiter.promise]);
      }
      waiter.sending();
      const publishing = publishOptions(settings, waiter.remainingMs, this.#publishSignal(signal, outer), headers);
      // As oslo, the whole timeout; what the set-up took of it is gone though.
      publishing.expirationMs = Math.trunc(setUp === undefined ? timeoutMs : Math.min(timeoutMs, waiter.remainingMs));
      const outcome = transport.publish(destination, body, publishing);
      // While the call waits, everything here is kept, and this may be large.
      body = '';
      // Not awaited: the reply may come before the confirm, and then says more.
      outcome.then(
        () => waiter.sent(),
        (error: unknown) => waiter.failed(sendError('publish', 'The call could not be sent', method, target, error)),
      );
      const goOn = WorkPlace.current?.call();
      const result = await (goOn === undefined ? waiter.promise : waiter.promise.finally(goOn));
      return serializer === undefined ? result : serializer.deserializeValue(settings.context, result);
    } finally {
      waiter.close();
      const { givenUpFor: cause, remainingMs } = waiter;
      if (cause !== undefined && settings.cancelRemote) cancels.send({ messageId, destination, cause, remainingMs });
    }
  }

  async #cast(sending: Sending): Promise<void> {
    const { method, settings, signal, headers } = sending;
    const target = checkedTarget(settings);
    const body = this.#encode(sending);
    const publishing = publishOptions(settings, settings.timeoutMs, signal, headers);
    // A fanout with nobody to hear it is no error. spec 6.
    if (target.fanout) publishing.mandatory = false;
    try {
      await this.core.transport.publish(destinationOf(target, this.core.topology), body, publishing);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw sendError('publish', 'The cast could not be sent', method, target, error);
    }
  }

  prepare(overrides: Overrides): RpcCaller {
    checkNames('prepare', overrides, OVERRIDE_FIELDS);
    return new Caller(this.core, overrideSettings(this.#settings, overrides));
  }

  canSendVersion(version: string | null = this.#settings.target.version): boolean {
    return isVersionCompatible(this.#settings.versionCap, version);
  }

  #settingsFor(method: unknown, options: CallOptions): ResolvedSettings {
    this.#checkOpen();
    checkMethodName(method);
    checkNames('a call or cast', options, CALL_FIELDS);
    options.signal?.throwIfAborted();
    return Object.keys(options).length === 0 ? this.#settings : overrideSettings(this.#settings, options);
  }

  #checkOpen(): void {
    if (this.core.closed !== undefined)
      throw new ClientClosedError('The client is closed and cannot be used any more.');
  }

  // A request that waits for a connection must not go out after its client was closed, or its own request was given up.
  #publishSignal(signal: AbortSignal | undefined, outer: RequestScope | undefined): AbortSignal | undefined {
    const { transport, replies } = this.core;
    if (transport.state.publish.status === 'open') return signal;
    if (signal === undefined && outer === undefined) return replies.closing;
    return AbortSignal.any([replies.closing, signal, outer?.signal].filter((each) => each !== undefined));
  }

  #encode({ method, args, settings, uniqueId }: Sending, reply?: OutgoingRequest['reply']): string {
    const { serializer, bigints } = this.core;
    checkRecord('args', args);
    const plainArgs = toWireValue(serializeArgs(serializer, settings.context, args, 'serializeValue'), 'args', bigints);
    checkRecord('args', plainArgs);
    const { namespace, version } = settings.target;
    const context = contextToSend(settings.context, serializer, bigints);
    return encodeRequest({ method, args: plainArgs, namespace, version, context, uniqueId, reply });
  }
}

class Client extends Caller implements RpcClient {
  close(): Promise<void> {
    const { core } = this;
    core.closed ??= core.replies.close(new ClientClosedError('The client was closed while this call waited.'));
    return core.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What is left of the request's time is all there is for a call that its method makes. */
function boundBy({ remainingMs }: RequestScope, settings: ResolvedSettings): ResolvedSettings {
  if (remainingMs === null || remainingMs >= settings.timeoutMs) return settings;
  return { ...settings, timeoutMs: Math.max(1, remainingMs) };
}

/** @throws InvalidTargetError, RpcVersionCapError, InvalidVersionError */
function checkedTarget({ target, versionCap }: ResolvedSettings): ResolvedTarget & { readonly topic: string } {
  const { topic, version } = target;
  if (topic === null) throw new InvalidTargetError('A topic is required to send.', target);
  // A version that nobody could compare is better refused here than by the server.
  if (version !== null) isVersionCompatible(version, version);
  if (versionCap !== null && !isVersionCompatible(versionCap, version))
    throw new RpcVersionCapError(version, versionCap);
  return { ...target, topic };
}

function publishOptions(
  { mandatory, retry }: ResolvedSettings,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  headers: Sending['headers'],
): PublishOptionsDraft {
  const options = messageOptions(mandatory, timeoutMs);
  options.retry = retry;
  if (signal !== undefined) options.signal = signal;
  if (headers !== undefined) options.headers = headers;
  return options;
}

function sendError(
  stage: ClientSendError['stage'],
  what: string,
  method: string,
  target: ResolvedTarget,
  cause: unknown,
): Error {
  // As oslo: that nobody is there is said by its own error, whatever was sent.
  if (errorCode(cause) === 'ERR_LEVERET_UNDELIVERABLE') {
    return new RequestUndeliverableError({ method, target }, cause as MessageUndeliverableError);
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ClientSendError(
    `${what}: '${method}' to ${describeTarget(target)}. ${reason}`,
    { method, target, outcome: publishOutcome(cause), stage },
    cause,
  );
}
