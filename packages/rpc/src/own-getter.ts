/**
 * A getter for `Object.defineProperty` on each object of a class: its own, not its prototype's, so that a copy made by
 * spreading has it too, and the same function for all. With a getter in an object literal each object has a shape of its own,
 * which outlives it by far and keeps alive what it refers to: docs/decisions/0024.
 */
export function ownGetter<T>(read: (object: T) => unknown): PropertyDescriptor & ThisType<T> {
  return {
    get() {
      return read(this);
    },
    enumerable: true,
  };
}
