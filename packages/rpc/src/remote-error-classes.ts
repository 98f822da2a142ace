import { checkRecord } from './checks.js';
import { InvalidArgumentError } from './errors.js';
import { RemoteError, type RemoteErrorFacts } from './remote-errors.js';

/** A class of remote errors: a subclass of RemoteError, made of what the server told. */
export type RemoteErrorClass = new (facts: RemoteErrorFacts) => RemoteError;

/**
 * Which class an exception becomes, by Python's name of it with its module: `{ 'cinder.exception.VolumeNotFound':
 * VolumeNotFound }`. Nothing is imported by its name, so no module need be allowed. A name stands for itself only: of what
 * classes a Python exception is a subclass is not on the wire.
 */
export type RemoteErrors = Readonly<Record<string, RemoteErrorClass>>;

/** The same, checked. */
export type RemoteErrorClasses = ReadonlyMap<string, RemoteErrorClass>;

/** @throws InvalidArgumentError for a name without a module, and for what is no subclass of RemoteError. */
export function resolveRemoteErrors(remoteErrors: RemoteErrors = {}): RemoteErrorClasses {
  checkRecord('remoteErrors', remoteErrors);
  const classes = new Map<string, RemoteErrorClass>();
  for (const [name, each] of Object.entries(remoteErrors)) {
    checkQualifiedName(name);
    const prototype: unknown = typeof each === 'function' ? each.prototype : undefined;
    if (!(prototype instanceof RemoteError) && each !== RemoteError) {
      throw new InvalidArgumentError(`remoteErrors['${name}'] must be a class that extends RemoteError.`);
    }
    classes.set(name, each);
  }
  return classes;
}

/** Module and class of a Python name. @throws InvalidArgumentError unless it has both. */
export function checkQualifiedName(name: string): { readonly remoteModule: string; readonly remoteType: string } {
  const dot = name.lastIndexOf('.');
  const [remoteModule, remoteType] = [name.slice(0, Math.max(dot, 0)), name.slice(dot + 1)];
  if (remoteModule === '' || remoteType === '') {
    throw new InvalidArgumentError(
      `'${name}' in remoteErrors must be a Python class with its module, as in 'cinder.exception.VolumeNotFound' or 'builtins.ValueError'.`,
    );
  }
  return { remoteModule, remoteType };
}
