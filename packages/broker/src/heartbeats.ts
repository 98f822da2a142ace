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
  // Whom we do not read cannot be called silent.
  const silentMs = (): number => (reads() ? performance.now() - wire.lastReceived : 0);
  const silent = (): boolean => silentMs() > intervalMs * 2.5;
  const giveUp = (): void => {
    if (silent()) wire.drop(`no heartbeat came for ${Math.round(silentMs())} ms`);
  };
  const timer = setInterval(() => {
    // A little less than half, since a timer may be a little early.
    if (performance.now() - wire.lastSent >= intervalMs * 0.45) wire.send(HEARTBEAT_FRAME);
    // After a stall of this process (a breakpoint, a long computation) timers come first: what lies in the socket is read next.
    if (silent()) setImmediate(giveUp);
  }, intervalMs / 2).unref();
  return () => clearInterval(timer);
}
