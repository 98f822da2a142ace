/** Where a heartbeat takes its time from. Every method that waits returns the function that cancels it. */
export interface HeartbeatClock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds of the wall clock. */
  wall(): number;
  /** Calls back once, not before `delayMs` milliseconds have gone. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back once, after the event loop has next read its sockets. */
  afterPoll(callback: () => void): () => void;
}

const GRACE_MS = 1_000;

/**
 * `performance.now`, `Date.now` and `setTimeout`. Its timers do not keep a process alive: a socket does that by itself.
 *
 * After the poll phase means `setImmediate` where there is one (Node, Deno, Bun). Elsewhere the order of timers and input is
 * unspecified, and it means a second during which timers were on time.
 */
export const systemClock: HeartbeatClock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.max(1, Math.ceil(delayMs)));
    // A browser's timer is a number.
    (timer as { unref?: () => void }).unref?.();
    return () => clearTimeout(timer);
  },
  afterPoll: (callback) => {
    if (!globalThis.setImmediate) return afterGrace(callback);
    // Not unref'd: an unref'd immediate would wait until the poll phase ends by itself, up to a tick later.
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  },
};

function afterGrace(callback: () => void): () => void {
  const startedAt = systemClock.now();
  let cancel = systemClock.after(GRACE_MS, () => {
    if (systemClock.now() - startedAt > 2 * GRACE_MS) cancel = afterGrace(callback);
    else callback();
  });
  return () => cancel();
}
