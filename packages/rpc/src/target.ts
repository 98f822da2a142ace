import { InvalidTargetError } from './errors.js';

/**
 * Whom a message is for. In options `undefined` keeps what is there, `null` clears it. oslo: `Target`.
 */
export interface Target {
  /** The topic exchange. Default: the control exchange. */
  readonly exchange?: string | null | undefined;
  /** The service: a name that its servers share. */
  readonly topic?: string | null | undefined;
  /** One server of the topic. Default: any one. */
  readonly server?: string | null | undefined;
  /** Every server of the topic; casts only. Default false. */
  readonly fanout?: boolean | null | undefined;
  /** Which interface of the server. Default: its plain one. */
  readonly namespace?: string | null | undefined;
  /** The least version the server's endpoint must have: `major.minor`. Default: 1.0, by the server. */
  readonly version?: string | null | undefined;
}

/** A target with nothing left open. */
export interface ResolvedTarget {
  readonly exchange: string | null;
  readonly topic: string | null;
  readonly server: string | null;
  readonly fanout: boolean;
  readonly namespace: string | null;
  readonly version: string | null;
}

const NOWHERE: ResolvedTarget = {
  exchange: null,
  topic: null,
  server: null,
  fanout: false,
  namespace: null,
  version: null,
};

const NAMES = ['exchange', 'topic', 'server', 'namespace', 'version'] as const;

/** AMQP's short strings, and queue names with `_fanout_` and 32 digits behind the topic, end at 255 bytes. */
const MAX_BYTES = 214;

/** The names of all fields. */
export const TARGET_FIELDS: readonly string[] = [...NAMES, 'fanout'];

/** `base` with the fields of `overrides` that are not undefined. @throws InvalidTargetError */
export function mergeTarget(overrides: Target, base: ResolvedTarget = NOWHERE): ResolvedTarget {
  const merged: { -readonly [Field in keyof ResolvedTarget]: ResolvedTarget[Field] } = { ...base };
  for (const name of NAMES) {
    const value = overrides[name];
    if (value === undefined) continue;
    // An empty namespace is one of its own on the wire; an empty topic, server or exchange is none.
    if (value !== null && (typeof value !== 'string' || (value === '' && name !== 'namespace'))) {
      throw new InvalidTargetError(`The target's ${name} must be a non-empty string or null.`, overrides);
    }
    if (value !== null && Buffer.byteLength(value) > MAX_BYTES) {
      throw new InvalidTargetError(`The target's ${name} must not be longer than ${MAX_BYTES} bytes.`, overrides);
    }
    merged[name] = value;
  }
  const { fanout } = overrides;
  if (fanout !== undefined) {
    if (fanout !== null && typeof fanout !== 'boolean') {
      throw new InvalidTargetError("The target's fanout must be true, false or null.", overrides);
    }
    merged.fanout = fanout ?? false;
  }
  return merged;
}

/** The target in words, for messages. */
export function describeTarget(target: ResolvedTarget): string {
  const { topic, server, fanout, namespace, version, exchange } = target;
  const parts = [`topic '${topic}'`];
  if (fanout) parts.push('all servers');
  else if (server !== null) parts.push(`server '${server}'`);
  if (namespace !== null) parts.push(`namespace '${namespace}'`);
  if (version !== null) parts.push(`version ${version}`);
  if (exchange !== null) parts.push(`exchange '${exchange}'`);
  return parts.join(', ');
}
