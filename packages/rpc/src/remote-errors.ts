import { RpcError } from './errors.js';

/** What a failure carries besides its type, as Python's exceptions do. */
export interface FailureDetails {
  /** The Python module of the class. Default: `builtins`. */
  readonly remoteModule?: string;
  /** Positional arguments to build the exception from. Default: the message, if there is one. */
  readonly args?: readonly unknown[];
  /** Keyword arguments to build the exception from. Default: none. */
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** What a server tells of an exception: the fields of `RemoteError`. */
export interface RemoteErrorFacts {
  readonly remoteType: string | null;
  readonly remoteModule: string | null;
  readonly remoteMessage: string;
  readonly remoteTraceback: readonly string[];
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** The method raised an exception, and this is what its server told of it. oslo: `RemoteError`. */
export class RemoteError extends RpcError {
  override readonly name: string = 'RemoteError';
  /** Class of the exception, such as `ValueError`; null if the server did not say. oslo: `exc_type`. */
  readonly remoteType: string | null;
  /** Module of the class, such as `builtins`; null if the server did not say. */
  readonly remoteModule: string | null;
  /** The exception's text. oslo: `value`. */
  readonly remoteMessage: string;
  /** Lines of the server's traceback, each ending in a newline. oslo: `traceback`. */
  readonly remoteTraceback: readonly string[];
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;

  constructor(facts: RemoteErrorFacts, options?: ErrorOptions) {
    super('ERR_LEVERET_REMOTE', `Remote error: ${facts.remoteType ?? 'unknown'}: ${facts.remoteMessage}`, options);
    this.remoteType = facts.remoteType;
    this.remoteModule = facts.remoteModule;
    this.remoteMessage = facts.remoteMessage;
    this.remoteTraceback = facts.remoteTraceback;
    this.args = facts.args;
    this.kwargs = facts.kwargs;
  }
}

const DISPATCHER = 'oslo_messaging.rpc.dispatcher';

/** The server has no such method in this namespace and version. Sent as oslo's own: `NoSuchMethod`. */
export class NoSuchMethodError extends RpcError {
  override readonly name: string = 'NoSuchMethodError';
  readonly remoteType: string = 'NoSuchMethod';
  readonly remoteModule: string = DISPATCHER;
  readonly remoteTraceback: readonly string[];

  /** @param remoteMessage oslo's sentence, as it came or as it is sent. */
  constructor(remoteMessage: string, remoteTraceback: readonly string[] = []) {
    super('ERR_LEVERET_NO_SUCH_METHOD', remoteMessage);
    this.remoteTraceback = remoteTraceback;
  }
}

/** No endpoint of the server has this namespace and version. Sent as oslo's own: `UnsupportedVersion`. */
export class UnsupportedVersionError extends RpcError {
  override readonly name: string = 'UnsupportedVersionError';
  readonly remoteType: string = 'UnsupportedVersion';
  readonly remoteModule: string = DISPATCHER;
  readonly remoteTraceback: readonly string[];

  /** @param remoteMessage oslo's sentence, as it came or as it is sent. */
  constructor(remoteMessage: string, remoteTraceback: readonly string[] = []) {
    super('ERR_LEVERET_UNSUPPORTED_VERSION', remoteMessage);
    this.remoteTraceback = remoteTraceback;
  }
}

/**
 * For handlers to throw: an exception of a Python type, which a Python caller catches as that type, and a caller of this
 * package as RemoteError with the same `remoteType`, `args` and `kwargs`.
 */
export class RpcFault extends RpcError {
  override readonly name: string = 'RpcFault';
  readonly remoteType: string;
  readonly remoteModule: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;

  constructor(remoteType: string, message: string, details: FailureDetails = {}) {
    super('ERR_LEVERET_FAULT', message, 'cause' in details ? { cause: details.cause } : undefined);
    this.remoteType = remoteType;
    this.remoteModule = details.remoteModule ?? 'builtins';
    this.args = details.args ?? (message === '' ? [] : [message]);
    this.kwargs = details.kwargs ?? {};
  }
}
