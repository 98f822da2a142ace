// Try a heartbeat against stalls, sleep and death without waiting for any.

// The pure core: numbers in, decision out.
export { type HeartbeatLimits, type HeartbeatMode, type LimitOptions, resolveLimits } from './limits.js';
export {
  afterPoll,
  type Due,
  due,
  type HeartbeatStall,
  type Listening,
  type Pulse,
  pausePulse,
  type Reading,
  resumePulse,
  type SilenceReason,
  startPulse,
} from './pulse.js';
export { seededRandom } from './seeded-random.js';
export {
  type SimulatedPause,
  type Simulation,
  type SimulationResult,
  simulateHeartbeat,
} from './simulate-heartbeat.js';
export type { LoopPhase, SimulatedJump, SimulatedStall } from './simulated-loop.js';
