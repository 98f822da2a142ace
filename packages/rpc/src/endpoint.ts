import { InvalidArgumentError, InvalidTargetError } from './errors.js';
import { exposedAs } from './expose.js';
import type { Context } from './request.js';
import { isVersionCompatible } from './version.js';

/** What a method learns besides its arguments. */
export interface RequestInfo {
  readonly method: string;
  readonly namespace: string | null;
  readonly version: string | null;
  /** What the caller told along, and `client_timeout` (seconds or null). */
  readonly context: Context;
  /**
   * Fires when the method is to end, and its reason says why: DeadlineExceededError (the caller's time is over),
   * CallCancelledError (the caller has given up) or ServerStoppedError (the server does not wait for it any longer).
   */
  readonly signal: AbortSignal;
  /** When the caller's time is over, by the clock of this machine; null: it does not say, or nobody waits. */
  readonly deadline: Date | null;
  /** What is left of the caller's time now, in ms; 0: nothing. Counted from the arrival of the request. */
  readonly remainingMs: number | null;
  /** Whether somebody waits for the result. */
  readonly kind: 'call' | 'cast';
  /** The caller's call monitor timeout in ms, or null; for the time it waits in all see `deadline`. */
  readonly clientTimeoutMs: number | null;
  /** The broker has delivered this request before; its first run may have been cut short. */
  readonly redelivered: boolean;
}

/** A method: named arguments, and what else there is to know. What it returns, or resolves to, is the result. */
// biome-ignore lint/suspicious/noExplicitAny: callers decide what arguments are; each method states what it takes.
export type Method = (args: any, request: RequestInfo) => unknown;

/** Methods under a namespace and version. */
export interface Endpoint {
  readonly target?: {
    /** Default: none. */
    readonly namespace?: string | null;
    /** Default 1.0. */
    readonly version?: string;
    /** Further namespaces; null is the one without a name. */
    readonly legacyNamespaces?: readonly (string | null)[];
  };
  /** Only own properties can be called, nothing of a prototype. */
  readonly methods: { readonly [name: string]: Method };
}

/**
 * Which methods may be called: `default` those that do not start with `_`, `legacy` all, `explicit` those that `expose` has
 * marked. oslo: `RPCAccessPolicy`.
 */
export type AccessPolicy = 'default' | 'legacy' | 'explicit' | ((method: string) => boolean);

/** An endpoint, checked and fixed at the time its server was made. */
export interface ResolvedEndpoint {
  readonly namespaces: readonly (string | null)[];
  readonly version: string;
  readonly methods: ReadonlyMap<string, Method>;
}

/** @throws InvalidArgumentError, InvalidTargetError, InvalidVersionError */
export function resolveEndpoint(endpoint: Endpoint, index: number): ResolvedEndpoint {
  const name = `endpoints[${index}]`;
  if (typeof endpoint !== 'object' || endpoint === null) throw new InvalidArgumentError(`${name} must be an object.`);
  const { target = {}, methods } = endpoint;
  if (typeof target !== 'object' || target === null) {
    throw new InvalidTargetError(`${name}.target must be an object with namespace and version.`, {});
  }
  const { namespace = null, version = '1.0', legacyNamespaces = [] } = target;
  const namespaces = [namespace, ...legacyNamespaces];
  if (namespaces.some((each) => each !== null && typeof each !== 'string')) {
    throw new InvalidTargetError(`The namespaces of ${name} must be strings or null.`, {});
  }
  // Throws for a version that no request could be compared with.
  isVersionCompatible(version, version);
  return { namespaces, version, methods: ownMethods(methods, name) };
}

/** The methods that an object has itself, nothing of a prototype. @throws InvalidArgumentError */
export function ownMethods(methods: unknown, name: string): ReadonlyMap<string, Method> {
  if (typeof methods !== 'object' || methods === null) {
    throw new InvalidArgumentError(`${name}.methods must be an object of functions.`);
  }
  const found = new Map<string, Method>();
  for (const [key, method] of Object.entries(methods)) {
    if (typeof method !== 'function') throw new InvalidArgumentError(`${name}.methods.${key} is not a function.`);
    // Bound, so that methods can call each other by `this`.
    found.set(key, exposedAs(method, method.bind(methods) as Method));
  }
  if (found.size === 0) {
    throw new InvalidArgumentError(
      `${name}.methods has no methods of its own. Those of a class are on its prototype, and are never exposed: list them, as in { resize: (args, request) => volumes.resize(args, request) }.`,
    );
  }
  return found;
}
