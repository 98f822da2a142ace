import { checkBoolean, checkNames, checkNumber, checkRecord } from './checks.js';
import type { ClientMiddleware } from './client-middleware.js';
import type { Contract } from './contract.js';
import { InvalidArgumentError, InvalidTargetError } from './errors.js';
import type { RpcClientEvent } from './events.js';
import type { RemoteErrors } from './remote-error-classes.js';
import type { Context } from './request.js';
import type { Serializer } from './serializer.js';
import { mergeTarget, type ResolvedTarget, TARGET_FIELDS, type Target } from './target.js';
import { TOPOLOGY_FIELDS, type TopologyOptions } from './topology.js';
import { isVersionCompatible } from './version.js';
import { toWireValue } from './wire-value.js';

/** What can be set for a client, for `prepare`, and for one call. `undefined` keeps what is there, `null` clears it. */
export interface Settings {
  /**
   * How long a call takes at most, in ms: setting up the reply queue, sending and waiting together; up to 8 ms later it is
   * told. For a cast: sending. Default 60 000. oslo: `rpc_response_timeout`, which does not bound the sending.
   */
  readonly timeoutMs?: number | null | undefined;
  /**
   * How long the server may be silent while the method runs, in ms, at least 2 000; it then beats at half of this, in
   * whole seconds. Default: none. oslo: `call_monitor_timeout`.
   */
  readonly callMonitorTimeoutMs?: number | null | undefined;
  /** What is told along with each request. Default: nothing. */
  readonly context?: Context | null | undefined;
  /** How many failures of the connection a request outlives; null: as many as come within the timeout. oslo: `retry`. */
  readonly retry?: number | null | undefined;
  /** Fail at once when no queue takes the request, for want of a server. Default false. oslo: `at_least_once`. */
  readonly mandatory?: boolean | null | undefined;
  /** The greatest version that may be sent. Default: any. oslo: `version_cap`. */
  readonly versionCap?: string | null | undefined;
  /**
   * Whether servers that use this library are told when a call is given up, by its signal, its timeout or the client's end.
   * Default true; Python servers see nothing of it.
   */
  readonly cancelRemote?: boolean | null | undefined;
  /**
   * Whether a call that a server's method makes takes no longer than what is left of the time of the request, and ends when
   * that is cancelled. Default true.
   */
  readonly inheritDeadline?: boolean | null | undefined;
}

/** Options of one call or cast, and of `prepare`: settings, and any field of the target. */
export interface Overrides extends Target, Settings {}

/** Options of one call or cast. */
export interface CallOptions extends Overrides {
  /** Ends the call, which rejects with `signal.reason`; a server that uses this library is told, any other goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** How a client behaves. All are optional. */
export interface ClientOptions extends Settings, TopologyOptions {
  /**
   * When the reply queue goes that a client leaves behind, in ms. Default: `transientExpiresMs`, 1 800 000. oslo:
   * `rabbit_transient_queues_ttl`.
   */
  readonly replyQueueExpiresMs?: number;
  /** Applied to arguments, context and result. Default: none. oslo: `serializer`. */
  readonly serializer?: Serializer;
  /**
   * Whole numbers that a number cannot hold arrive as bigints, with all their digits, and bigints can be sent; Python has
   * one type for all of them. Default false: such numbers lose digits, and bigints are refused.
   */
  readonly bigints?: boolean;
  /**
   * Classes of our own for remote exceptions, by Python's name: `{ 'cinder.exception.VolumeNotFound': VolumeNotFound }`.
   * Each extends RemoteError. Default: none, RemoteError for all. oslo: `allowed_remote_exmods`.
   */
  readonly remoteErrors?: RemoteErrors;
  /** What the servers can do: arguments and results are validated, and its namespace and version asked for. */
  readonly contract?: Contract;
  /** Stands around each call and cast, the first outermost. Default: none. */
  readonly middleware?: readonly ClientMiddleware[];
  /** Hears what goes wrong or is unusual. What it throws is ignored. */
  readonly onEvent?: (event: RpcClientEvent) => void;
}

/** Settings and target with nothing left open. */
export interface ResolvedSettings {
  readonly target: ResolvedTarget;
  readonly timeoutMs: number;
  readonly callMonitorTimeoutMs: number | null;
  readonly context: Context;
  readonly retry: number | null;
  readonly mandatory: boolean;
  readonly versionCap: string | null;
  readonly cancelRemote: boolean;
  readonly inheritDeadline: boolean;
}

const SETTINGS_FIELDS = [
  'timeoutMs',
  'callMonitorTimeoutMs',
  'context',
  'retry',
  'mandatory',
  'versionCap',
  'cancelRemote',
  'inheritDeadline',
];
export const CLIENT_FIELDS: readonly string[] = [
  ...SETTINGS_FIELDS,
  ...TOPOLOGY_FIELDS,
  'replyQueueExpiresMs',
  'serializer',
  'bigints',
  'remoteErrors',
  'contract',
  'middleware',
  'onEvent',
];
export const OVERRIDE_FIELDS: readonly string[] = [...TARGET_FIELDS, ...SETTINGS_FIELDS];
export const CALL_FIELDS: readonly string[] = [...OVERRIDE_FIELDS, 'signal'];

const DEFAULTS = {
  timeoutMs: 60_000,
  callMonitorTimeoutMs: null,
  context: {},
  retry: null,
  mandatory: false,
  versionCap: null,
  cancelRemote: true,
  inheritDeadline: true,
} as const;

/** What a client starts from. @throws InvalidTargetError, InvalidArgumentError, InvalidVersionError */
export function resolveSettings(target: Target, settings: Settings, contract?: Contract): ResolvedSettings {
  checkNames('a target', target, TARGET_FIELDS);
  const { namespace, version } = contract ?? {};
  const resolved = mergeTarget(target, mergeTarget({ namespace, version }));
  if (resolved.topic === null) throw new InvalidTargetError('A client needs a target with a topic.', target);
  return applySettings({ ...DEFAULTS, target: resolved }, settings);
}

/** @throws InvalidTargetError, InvalidArgumentError, InvalidVersionError */
export function overrideSettings(base: ResolvedSettings, overrides: Overrides): ResolvedSettings {
  const target = mergeTarget(overrides, base.target);
  // A version that nobody could compare is refused where it is given, as in oslo.
  if (typeof overrides.version === 'string') isVersionCompatible(overrides.version, overrides.version);
  return applySettings({ ...base, target }, overrides);
}

function applySettings(base: ResolvedSettings, settings: Settings): ResolvedSettings {
  const {
    timeoutMs = base.timeoutMs,
    callMonitorTimeoutMs = base.callMonitorTimeoutMs,
    retry = base.retry,
    mandatory = base.mandatory,
    versionCap = base.versionCap,
    cancelRemote = base.cancelRemote,
    inheritDeadline = base.inheritDeadline,
  } = settings;
  if (callMonitorTimeoutMs !== null) checkNumber('callMonitorTimeoutMs', callMonitorTimeoutMs, 2_000);
  if (retry !== null && !Number.isInteger(retry)) {
    throw new InvalidArgumentError(`retry must be a whole number or null, got ${String(retry)}.`);
  }
  if (mandatory !== null && typeof mandatory !== 'boolean') {
    throw new InvalidArgumentError('mandatory must be true, false or null.');
  }
  // Throws for a cap that no version could be compared with.
  if (versionCap !== null && versionCap !== base.versionCap) isVersionCompatible(versionCap, versionCap);
  return {
    target: base.target,
    timeoutMs: checkNumber('timeoutMs', timeoutMs ?? DEFAULTS.timeoutMs, 1),
    callMonitorTimeoutMs,
    context: settings.context === undefined ? base.context : checkContext(settings.context ?? {}),
    retry,
    mandatory: mandatory ?? false,
    versionCap,
    cancelRemote: checkBoolean('cancelRemote', cancelRemote ?? true),
    inheritDeadline: checkBoolean('inheritDeadline', inheritDeadline ?? true),
  };
}

/** The settings with another context. @throws InvalidArgumentError */
export function applyContext(settings: ResolvedSettings, context: Context): ResolvedSettings {
  return context === settings.context ? settings : { ...settings, context: checkContext(context) };
}

function checkContext(context: Context): Context {
  checkRecord('context', context);
  return context;
}

/** The context as it is sent. @throws InvalidArgumentError for a value that JSON cannot carry. */
export function contextToSend(context: Context, serializer: Serializer | undefined, bigints = false): Context {
  const serialized = serializer === undefined ? context : serializer.serializeContext(context);
  const plain = toWireValue(serialized, 'context', bigints);
  checkRecord('context', plain);
  return plain;
}
