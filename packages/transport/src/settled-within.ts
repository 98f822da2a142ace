/** Resolves when the promise has settled, however it did, or after `ms`, whichever comes first. */
export function settledWithin(promise: PromiseLike<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, ms);
    const settled = (): void => {
      clearTimeout(limit);
      resolve();
    };
    promise.then(settled, settled);
  });
}
