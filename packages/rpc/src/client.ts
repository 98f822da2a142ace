import type { Transport } from '@leveret/transport';
import type { MethodName, MethodParameters, ResultOf, UntypedApi } from './api.js';
import { CancelSender } from './cancel-sender.js';
import { sendChecked } from './checked-sending.js';
import { checkBoolean, checkInteger, checkMethodName, checkNames } from './checks.js';
import type { ClientCall } from './client-middleware.js';
import {
  CALL_FIELDS,
  type CallOptions,
  CLIENT_FIELDS,
  type ClientOptions,
  OVERRIDE_FIELDS,
  type Overrides,
  overrideSettings,
  type ResolvedSettings,
  resolveSettings,
} from './client-options.js';
import { type Contract, type ContractApi, checkContract } from './contract.js';
import { clientCalls, clientCasts, clientTrace, isTraced, runTraced } from './diagnostics.js';
import { ClientClosedError } from './errors.js';
import { createEmitter } from './events.js';
import { newId } from './ids.js';
import { composeMiddleware, type MiddlewareChain } from './middleware.js';
import { sendThrough } from './middleware-sending.js';
import { resolveRemoteErrors } from './remote-error-classes.js';
import { ReplyQueue } from './reply-queue.js';
import type { RequestScope } from './request-scope.js';
import { checkedTarget, RequestSender } from './request-sender.js';
import type { Sending } from './sending.js';
import type { Target } from './target.js';
import { destinationOf, resolveTopology, type Topology } from './topology.js';
import { isVersionCompatible } from './version.js';
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
    sender: new RequestSender({
      transport,
      topology,
      serializer: options.serializer,
      bigints,
      remoteErrors: resolveRemoteErrors(options.remoteErrors),
      replies,
      cancels: new CancelSender(transport, emit),
    }),
    topology,
    contract,
    middleware: composeMiddleware(options.middleware),
    replies,
    closed: undefined,
  };
  return new Client(core, settings);
}

/** What all callers of one client share. */
interface Core {
  readonly sender: RequestSender;
  readonly topology: Topology;
  readonly contract: Contract | undefined;
  readonly middleware: MiddlewareChain<ClientCall> | undefined;
  readonly replies: ReplyQueue;
  closed: Promise<void> | undefined;
}

const NONE: Readonly<Record<string, never>> = /* @__PURE__ */ Object.freeze({});

class Caller implements RpcCaller {
  protected readonly core: Core;
  readonly #settings: ResolvedSettings;

  constructor(core: Core, settings: ResolvedSettings) {
    this.core = core;
    this.#settings = settings;
  }

  // Not async, as what it leads to: each of them would be a promise and turns of the microtask queue more for every call.
  call(method: string, args: Readonly<Record<string, unknown>> = NONE, options: CallOptions = NONE): Promise<unknown> {
    try {
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
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async cast(
    method: string,
    args: Readonly<Record<string, unknown>> = NONE,
    options: CallOptions = NONE,
  ): Promise<void> {
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
    return middleware === undefined ? this.core.sender.send(sending) : this.#publishLater(sending);
  };

  // While others had it, the client may have been closed, or the call ended.
  readonly #publishLater = async (sending: Sending): Promise<unknown> => {
    this.#checkOpen();
    sending.signal?.throwIfAborted();
    return this.core.sender.send(sending);
  };

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
    if (options === NONE) return this.#settings;
    checkNames('a call or cast', options, CALL_FIELDS);
    options.signal?.throwIfAborted();
    return Object.keys(options).length === 0 ? this.#settings : overrideSettings(this.#settings, options);
  }

  #checkOpen(): void {
    if (this.core.closed !== undefined)
      throw new ClientClosedError('The client is closed and cannot be used any more.');
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
