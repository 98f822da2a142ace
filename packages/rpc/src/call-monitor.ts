import { MAX_TIMER_MS } from './checks.js';

/** How often to beat for a caller that gives up after `seconds` of silence; undefined if it is no usable number. spec 8.6. */
export function monitorIntervalMs(seconds: unknown): number | undefined {
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 2) return undefined;
  return Math.min((seconds * 1000) / 2, MAX_TIMER_MS);
}

/** Says "still working" at every interval until stopped; the first beat that fails is the last. Returns its stop. */
export function startCallMonitor(intervalMs: number, beat: () => Promise<void>): () => void {
  const timer = setInterval(() => {
    // The caller is gone, or the broker is: the final reply will tell, heartbeats need not.
    beat().catch(stop);
  }, intervalMs);
  function stop(): void {
    clearInterval(timer);
  }
  return stop;
}
