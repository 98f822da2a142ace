import { MessageUndeliverableError } from '@leveret/transport';
import { type CallStage, describeStage, type StageFacts } from './call-stage.js';
import type { Target } from './target.js';

/** What every error of this package is. Match on `code`: it is stable; the message is for people. */
export class RpcError extends Error {
  override readonly name: string = 'RpcError';
  readonly code: string;

  constructor(code: `ERR_LEVERET_${string}`, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An argument or option that cannot be used; nothing was sent. The message says what can. */
export class InvalidArgumentError extends RpcError {
  override readonly name: string = 'InvalidArgumentError';
  /** Where the value stands, for one that cannot be sent: `args.volume.size`. */
  readonly path: string | undefined;

  constructor(message: string, path?: string) {
    super('ERR_LEVERET_INVALID_ARGUMENT', message);
    this.path = path;
  }
}

/** The target lacks what the operation needs: a topic, a server, or no fanout. oslo: `InvalidTarget`. */
export class InvalidTargetError extends RpcError {
  override readonly name: string = 'InvalidTargetError';
  readonly target: Target;

  constructor(message: string, target: Target) {
    super('ERR_LEVERET_INVALID_TARGET', message);
    this.target = target;
  }
}

/** A version is not of the form `major.minor` or `major.minor.revision`. */
export class InvalidVersionError extends RpcError {
  override readonly name: string = 'InvalidVersionError';
  /** What Python raises for it; a Python caller of our server gets this type. */
  readonly remoteType: 'ValueError' | 'IndexError';

  constructor(message: string, remoteType: 'ValueError' | 'IndexError') {
    super('ERR_LEVERET_INVALID_VERSION', message);
    this.remoteType = remoteType;
  }
}

/** The version is not one the client's cap allows; nothing was sent. oslo: `RPCVersionCapError`. */
export class RpcVersionCapError extends RpcError {
  override readonly name: string = 'RpcVersionCapError';
  readonly version: string | null;
  readonly versionCap: string;

  constructor(version: string | null, versionCap: string) {
    super(
      'ERR_LEVERET_VERSION_CAP',
      `Version ${version ?? 'null'} cannot be sent: the version cap ${versionCap} allows the same major version and at most its minor version. Give the target a version that fits, or raise the cap when every server can take it.`,
    );
    this.version = version;
    this.versionCap = versionCap;
  }
}

/** The request could not be handed to the broker; `cause` is the transport's error. oslo: `ClientSendError`. */
export class ClientSendError extends RpcError {
  override readonly name: string = 'ClientSendError';
  readonly method: string;
  readonly target: Target;
  /** `not-sent`: the broker never had the request. `unknown`: it may have it, and a server may run it. */
  readonly outcome: 'not-sent' | 'unknown';
  /** Whether the reply queue could not be set up, or the broker did not confirm the request. */
  readonly stage: 'reply-queue' | 'publish';

  constructor(
    message: string,
    facts: { method: string; target: Target; outcome: 'not-sent' | 'unknown'; stage: 'reply-queue' | 'publish' },
    cause: unknown,
  ) {
    super('ERR_LEVERET_CLIENT_SEND', message, { cause });
    this.method = facts.method;
    this.target = facts.target;
    this.outcome = facts.outcome;
    this.stage = facts.stage;
  }
}

/** The request was `mandatory`, and no queue takes it: no server of its target has been there. The transport's error, with where it died. */
export class RequestUndeliverableError extends MessageUndeliverableError {
  override readonly name: string = 'RequestUndeliverableError';
  readonly method: string;
  readonly target: Target;
  readonly stage = 'routing';

  constructor(facts: { method: string; target: Target }, cause: MessageUndeliverableError) {
    super(cause.exchange, cause.routingKey, cause.replyCode, cause.replyText);
    this.method = facts.method;
    this.target = facts.target;
    this.cause = cause;
  }
}

/** The client was closed by the application before, or while, it was used. */
export class ClientClosedError extends RpcError {
  override readonly name: string = 'ClientClosedError';

  constructor(message: string) {
    super('ERR_LEVERET_CLIENT_CLOSED', message);
  }
}

/** No reply came in time. Whether the method ran, or still runs, is not known. oslo: `MessagingTimeout`. */
export class MessagingTimeoutError extends RpcError {
  override readonly name: string = 'MessagingTimeoutError';
  readonly method: string;
  readonly target: Target;
  /** The limit that was reached, in ms: the call's timeout, or its call monitor timeout at stage `heartbeat`. */
  readonly timeoutMs: number;
  /** Where the call died; the message says it in words. */
  readonly stage: CallStage;
  /** How long before its end the server last said that the method runs, in ms; null: never, or there is no call monitor. */
  readonly lastHeartbeatAgoMs: number | null;

  constructor(facts: StageFacts & { method: string; target: Target; describedTarget: string }, options?: ErrorOptions) {
    super(
      'ERR_LEVERET_TIMEOUT',
      `The call of '${facts.method}' to ${facts.describedTarget} ${describeStage(facts)}`,
      options,
    );
    this.method = facts.method;
    this.target = facts.target;
    this.timeoutMs = facts.timeoutMs;
    this.stage = facts.stage;
    this.lastHeartbeatAgoMs = facts.lastHeartbeatAgoMs;
  }
}

/** A message that arrived is not what oslo.messaging writes; the message says in which way. */
export class MalformedMessageError extends RpcError {
  override readonly name: string = 'MalformedMessageError';

  constructor(problem: string, options?: ErrorOptions) {
    super('ERR_LEVERET_MALFORMED_MESSAGE', `The message cannot be read: ${problem}`, options);
  }
}

/** The reason of a method's signal: its server was stopped, and its time to end is over. */
export class ServerStoppedError extends RpcError {
  override readonly name: string = 'ServerStoppedError';

  constructor(message: string) {
    super('ERR_LEVERET_SERVER_STOPPED', message);
  }
}

/** The reason of a method's signal: the caller's time is over, and it waits no more. */
export class DeadlineExceededError extends RpcError {
  override readonly name: string = 'DeadlineExceededError';
  /** How long the caller was going to wait when the request was sent, in ms; null: it did not say. */
  readonly timeMs: number | null;

  constructor(timeMs: number | null) {
    const time = timeMs === null ? 'the time of its request is over' : `the ${timeMs} ms of its request are over`;
    super('ERR_LEVERET_DEADLINE_EXCEEDED', `The caller waits no more: ${time}.`);
    this.timeMs = timeMs;
  }
}

/**
 * The reason of a method's signal, and what its caller is told, in Python as `TimeoutError`: the method took longer than the
 * server's `methodTimeoutMs`.
 */
export class MethodTimeoutError extends RpcError {
  override readonly name: string = 'MethodTimeoutError';
  readonly remoteType: string = 'TimeoutError';
  readonly remoteModule: string = 'builtins';
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super('ERR_LEVERET_METHOD_TIMEOUT', `The method did not end within the ${timeoutMs} ms that its server allows.`);
    this.timeoutMs = timeoutMs;
  }
}

/** The reason of a method's signal: the caller has given up before its time was over. */
export class CallCancelledError extends RpcError {
  override readonly name: string = 'CallCancelledError';
  /** `abort`: the signal of the call fired; `close`: its client was closed. */
  readonly by: 'abort' | 'close';

  constructor(by: 'abort' | 'close') {
    const what = by === 'close' ? 'its client was closed' : 'it has cancelled the call';
    super('ERR_LEVERET_CALL_CANCELLED', `The caller waits no more: ${what}.`);
    this.by = by;
  }
}
