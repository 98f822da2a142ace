import { InvalidArgumentError } from './errors.js';

const exposed = new WeakSet<object>();

/**
 * Marks a method for `accessPolicy: 'explicit'`, under which only marked ones can be called, and gives it back. Those of
 * `implement` are marked: the contract names them. oslo: `expose`.
 * @throws InvalidArgumentError for what is no function.
 */
export function expose<Marked extends (...args: never[]) => unknown>(method: Marked): Marked {
  if (typeof method !== 'function') throw new InvalidArgumentError('expose takes a method, which is a function.');
  exposed.add(method);
  return method;
}

export function isExposed(method: object): boolean {
  return exposed.has(method);
}

/** The function that stands for a method, marked if that is. */
export function exposedAs<Wrapper extends (...args: never[]) => unknown>(method: object, wrapper: Wrapper): Wrapper {
  return isExposed(method) ? expose(wrapper) : wrapper;
}
