import { simulateHeartbeat } from '@leveret/heartbeat/testing';
import { anything } from '../test/scenarios.ts';

// A million random schedules of stalls, sleep, clock steps and traffic over a peer that lives: how many verdicts are false?
const runs = Number(process.argv[2] ?? 1_000_000);
const first = Number(process.argv[3] ?? 0);
const startedAt = performance.now();
let stalls = 0;
let intervals = 0;
const accused: number[] = [];
for (let seed = first; seed < first + runs; seed++) {
  const simulation = anything(seed);
  const { lost, stalls: seen, endedAtMs, leftArmed } = simulateHeartbeat(simulation);
  if (lost || leftArmed > 0) accused.push(seed);
  stalls += seen.length;
  intervals += endedAtMs / simulation.intervalMs;
}
const seconds = Math.round((performance.now() - startedAt) / 1_000);
console.log(
  `${runs} schedules from seed ${first}, ${Math.round(intervals)} intervals, ${stalls} stalls, in ${seconds} s`,
);
console.log(
  `false verdicts: ${accused.length}${accused.length > 0 ? `, seeds ${accused.slice(0, 20).join(' ')}` : ''}`,
);
if (accused.length > 0) process.exitCode = 1;
