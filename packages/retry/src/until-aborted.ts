/**
 * `work`, or `signal.reason` if the signal aborts first. Work that is left behind goes on unheard: its value is dropped
 * and its rejection is handled. No listener stays.
 */
export function untilAborted<T>(work: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      signal.removeEventListener('abort', onAbort);
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort);
    // The work may have aborted the signal itself, before it returned.
    if (signal.aborted) onAbort();
    Promise.resolve(work)
      .finally(() => signal.removeEventListener('abort', onAbort))
      .then(resolve, reject);
  });
}
