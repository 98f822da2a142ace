/** What is there, or will be: for paths on which most need not wait, and a promise for each would be for nothing. */
export type Awaitable<Value> = Value | Promise<Value>;

/** Whether `await` would wait for it; what its `then` throws when asked for is thrown. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  return typeof (value as { readonly then?: unknown }).then === 'function';
}
