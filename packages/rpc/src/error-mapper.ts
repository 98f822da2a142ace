import { checkRecord } from './checks.js';
import { InvalidArgumentError } from './errors.js';
import { checkQualifiedName } from './remote-error-classes.js';
import type { RpcFault } from './remote-errors.js';

// biome-ignore lint/suspicious/noExplicitAny: any class will do, whatever its constructor takes.
type AnyClass = abstract new (...args: any) => object;

/**
 * What an error that a method throws is in Python, by its class: `{ 'cinder.exception.VolumeNotFound': VolumeNotFound }`. A
 * subclass that has no name of its own goes by that of the nearest class that has one. `args` and `kwargs` of the error, if
 * it has them, are what Python builds its exception from; else the message is.
 */
export type ErrorNames = Readonly<Record<string, AnyClass>>;

/** An error as its caller should see it; undefined: as it is. What it throws is what the caller gets. */
export type MapError = (error: unknown) => RpcFault | undefined;

/** What a caller is told of an error: `mapError` is asked first, then the names. Never throws. */
export type ErrorMapper = (error: unknown) => unknown;

/** @throws InvalidArgumentError */
export function createErrorMapper(names: ErrorNames = {}, mapError?: MapError): ErrorMapper {
  if (mapError !== undefined && typeof mapError !== 'function') {
    throw new InvalidArgumentError('mapError must be a function of the error.');
  }
  const byPrototype = namesByPrototype(names);
  return (error) => {
    try {
      return mapError?.(error) ?? named(error, byPrototype) ?? error;
    } catch (thrown) {
      return thrown;
    }
  };
}

interface PythonName {
  readonly remoteModule: string;
  readonly remoteType: string;
}

function namesByPrototype(names: ErrorNames): ReadonlyMap<object, PythonName> {
  checkRecord('remoteErrors', names);
  const byPrototype = new Map<object, PythonName>();
  for (const [name, each] of Object.entries(names)) {
    const python = checkQualifiedName(name);
    const prototype: unknown = typeof each === 'function' ? each.prototype : undefined;
    if (typeof prototype !== 'object' || prototype === null) {
      throw new InvalidArgumentError(`remoteErrors['${name}'] must be a class.`);
    }
    byPrototype.set(prototype, python);
  }
  return byPrototype;
}

function named(error: unknown, byPrototype: ReadonlyMap<object, PythonName>): object | undefined {
  if (byPrototype.size === 0 || typeof error !== 'object' || error === null) return undefined;
  // An error that says what it is in Python, such as a RemoteError that is handed on, knows best.
  if ('remoteType' in error && typeof error.remoteType === 'string') return undefined;
  for (let each = Object.getPrototypeOf(error); each !== null; each = Object.getPrototypeOf(each)) {
    const name = byPrototype.get(each);
    if (name === undefined) continue;
    const { message, args, kwargs } = error as { message?: unknown; args?: unknown; kwargs?: unknown };
    return { ...name, message, args, kwargs };
  }
  return undefined;
}
