import { onAbort } from '@leveret/transport/shared';

/**
 * The promise's outcome, unless the signal aborts or the time is up before: then `signal.reason`, or the error that
 * `timedOut` makes. What the promise comes to after that is ignored.
 */
export function waitBounded<Value>(
  promise: Promise<Value>,
  limits: {
    readonly signal: AbortSignal | undefined;
    readonly timeoutMs?: number;
    readonly timedOut?: () => Error;
  },
): Promise<Value> {
  const { signal, timeoutMs, timedOut } = limits;
  let end = (): void => {};
  const interrupted = new Promise<never>((_resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const unlisten = signal && onAbort(signal, () => reject(signal.reason));
    const timer =
      timeoutMs === undefined || timedOut === undefined ? undefined : setTimeout(() => reject(timedOut()), timeoutMs);
    end = () => {
      clearTimeout(timer);
      unlisten?.();
    };
  });
  return Promise.race([interrupted, promise]).finally(end);
}
