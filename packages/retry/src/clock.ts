/** Where time comes from. The default is {@link systemClock}; tests hand in a `VirtualClock` from `@leveret/retry/testing`. */
export interface Clock {
  /** Milliseconds since any fixed point. Must never step back: the wall clock does, a monotonic one does not. */
  now(): number;
  /**
   * Calls `fn` once, later, and never before `setTimer` has returned. `ms` is at most 2^31 − 1. Firing early or late is
   * allowed: who waits looks at `now()` and sets another timer if need be.
   *
   * @param unref true if this timer alone shall not keep the process alive; ignored where there is no such thing.
   * @returns a handle for `clearTimer`.
   */
  setTimer(fn: () => void, ms: number, unref: boolean): unknown;
  /** Takes a timer back. Does nothing if it has fired or was cleared before. */
  clearTimer(handle: unknown): void;
}

/** `performance.now()` and `setTimeout`, looked up at each call, so that fake timers installed later are seen. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer(fn, ms, unref) {
    // Runtimes cut the fraction off, and a timer that is early by it would have to be set once more.
    const handle: { unref?: () => void } = setTimeout(fn, Math.ceil(ms)) as never;
    if (unref) handle.unref?.();
    return handle;
  },
  clearTimer(handle) {
    clearTimeout(handle as Parameters<typeof clearTimeout>[0]);
  },
};
