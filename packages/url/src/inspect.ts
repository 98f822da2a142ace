/** Has `util.inspect` and `console.log` print what `show` gives for instances of a class. */
export function inspectAs<T extends object>(type: { readonly prototype: T }, show: (self: T) => unknown): void {
  // The hook of util.inspect, found without importing anything of Node's.
  Object.assign(type.prototype, {
    [Symbol.for('nodejs.util.inspect.custom')](this: T): unknown {
      return show(this);
    },
  });
}
