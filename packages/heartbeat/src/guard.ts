/**
 * Runs a callback of the application's and hands on what it throws, or what the promise it returns is rejected with (an async
 * function fits where a function of no result is asked for): neither may end the process from inside a timer.
 */
export function guard(callback: () => unknown, failed: (error: unknown) => void): void {
  try {
    (callback() as Partial<PromiseLike<unknown>> | null | undefined)?.then?.(undefined, failed);
  } catch (error) {
    failed(error);
  }
}
