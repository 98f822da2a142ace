// Use it.

// Configure it.
export { type HeartbeatClock, systemClock } from './clock.js';
// Handle its errors.
export { HeartbeatOptionError } from './errors.js';
export { type NegotiationRule, negotiate } from './negotiate.js';
export { type OsloHeartbeat, osloHeartbeat } from './oslo.js';
export type { HeartbeatStall, SilenceReason } from './pulse.js';
export {
  type HeartbeatLink,
  type HeartbeatLost,
  type HeartbeatOptions,
  type StopHeartbeat,
  startHeartbeat,
} from './start-heartbeat.js';
