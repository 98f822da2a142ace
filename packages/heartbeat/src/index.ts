// Use it.

// Configure it.
export { type HeartbeatClock, systemClock } from './clock.js';
// Handle its errors.
export { HeartbeatOptionError } from './errors.js';
export type { HeartbeatMode } from './limits.js';
export { type NegotiationRule, negotiate } from './negotiate.js';
export { type OsloHeartbeat, osloHeartbeat } from './oslo.js';
export type { HeartbeatStall, SilenceReason } from './pulse.js';
export {
  type Heartbeat,
  type HeartbeatLink,
  type HeartbeatLost,
  type HeartbeatOptions,
  startHeartbeat,
} from './start-heartbeat.js';
