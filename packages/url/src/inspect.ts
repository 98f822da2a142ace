// The hook of util.inspect and console.log, found without importing anything of Node's.
const customInspect = Symbol.for('nodejs.util.inspect.custom');

/** Has `util.inspect` and `console.log` print what `show` gives for instances of a class. */
export function inspectAs<T extends object>(type: { readonly prototype: T }, show: (self: T) => unknown): void {
  Object.defineProperty(type.prototype, customInspect, {
    value(this: T): unknown {
      return show(this);
    },
  });
}
