import { HEARTBEAT_FRAME } from './codec/frames.js';
import type { Wire } from './wire.js';

/**
 * Sends a heartbeat where nothing else was sent for half an interval, and drops a client that was silent for two and a half,
 * between RabbitMQ's two and three. Returns
 * what stops it. 0 seconds: neither.
 */
export function startHeartbeats(wire: Wire, intervalSeconds: number, reads: () => boolean): () => void {
  if (intervalSeconds === 0) return () => undefined;
  const intervalMs = intervalSeconds * 1_000;
  const timer = setInterval(() => {
    const now = performance.now();
    // A little less than half, since a timer may be a little early.
    if (now - wire.lastSent >= intervalMs * 0.45) wire.send(HEARTBEAT_FRAME);
    // Whom we do not read cannot be called silent.
    const silentMs = now - wire.lastReceived;
    if (reads() && silentMs > intervalMs * 2.5) wire.drop(`no heartbeat came for ${Math.round(silentMs)} ms`);
  }, intervalMs / 2).unref();
  return () => clearInterval(timer);
}
