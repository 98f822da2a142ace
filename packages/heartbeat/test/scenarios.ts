import { seededRandom } from '../src/seeded-random.ts';
import type { Simulation } from '../src/simulate-heartbeat.js';

/** H of all scenarios: RabbitMQ's own default. */
export const intervalMs = 60_000;

// Not the simulation's own seed: a peer whose phase is the moment it dies at would always die at the same point of its period.
const chance = (seed: number): (() => number) => seededRandom(seed + 1_000_000_007);

const usual = { intervalMs, latencyMs: [1, 50], busyMs: 5 } as const;

/** A live and patient peer, and stalls of so many H one after the other with hardly a round of the loop between them. */
export function stalled(seed: number, stallIntervals: number, count: number): Simulation {
  const random = chance(seed);
  let atMs = intervalMs * (2 + random());
  const stalls = Array.from({ length: count }, () => {
    const stall = { atMs, lastsMs: stallIntervals * intervalMs, where: random() < 0.5 ? 'timers' : 'poll' } as const;
    atMs += stall.lastsMs + random() * 20;
    return stall;
  });
  return { ...usual, seed, stalls, forMs: atMs + 4 * intervalMs, peerCloses: false };
}

/** A live peer and traffic both ways, over a network that delays by up to a fifth of H. */
export function mixedTraffic(seed: number): Simulation {
  const random = chance(seed);
  const times = (): number[] =>
    Array.from({ length: Math.floor(random() * 60) }, () => random() * 20 * intervalMs).sort((a, b) => a - b);
  return {
    ...usual,
    seed,
    forMs: 20 * intervalMs,
    latencyMs: [1, 0.2 * intervalMs],
    peerSendsAtMs: times(),
    publishesAtMs: times(),
  };
}

/** An idle connection whose peer dies at any point of its period. */
export function dies(seed: number): Simulation & { readonly peerDiesAtMs: number } {
  return { ...usual, seed, forMs: 20 * intervalMs, peerDiesAtMs: intervalMs * (4 + 2 * chance(seed)()) };
}

/** The peer dies during a stall of 5 H. */
export function diesDuringStall(seed: number): Simulation & { readonly resumedAtMs: number } {
  const random = chance(seed);
  const atMs = intervalMs * (2 + random());
  return {
    ...usual,
    seed,
    forMs: 20 * intervalMs,
    stalls: [{ atMs, lastsMs: 5 * intervalMs, where: random() < 0.5 ? 'timers' : 'poll' }],
    peerDiesAtMs: atMs + random() * 5 * intervalMs,
    peerCloses: false,
    resumedAtMs: atMs + 5 * intervalMs,
  };
}

/** One stall and a peer that hangs up by RabbitMQ's rule. */
export function forgiven(seed: number, stallIntervals: number): Simulation {
  return { ...stalled(seed, stallIntervals, 1), peerCloses: true };
}
