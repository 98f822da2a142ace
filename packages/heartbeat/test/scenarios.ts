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

const intervals = [1_000, 10_000, 60_000, 60_000, 580_000];

/** A live peer, and whatever the loop, the machine, its clocks and the network may do within what the limits allow. */
export function anything(seed: number): Simulation {
  const random = seededRandom(seed + 2_000_000_011);
  const pick = (below: number): number => Math.floor(random() * below);
  const every = intervals[pick(intervals.length)] ?? intervalMs;
  const mode = random() < 0.7 ? 'one-way' : 'ping-pong';
  // One-way the limits leave H or 5 s to the network; in ping-pong there is a way there and a way back.
  const most = (0.95 * Math.min(every, 5_000)) / (mode === 'one-way' ? 1 : 2);
  const forMs = (6 + 6 * random()) * every;
  const moment = (): number => random() * forMs;
  const times = (): number[] =>
    random() < 0.5 ? [] : Array.from({ length: pick(20) }, moment).sort((one, other) => one - other);
  const lengths = [0.3, 1, 2, 30];
  let atMs = moment();
  const stalls = Array.from({ length: pick(8) }, () => {
    const lastsMs = random() * (lengths[pick(lengths.length)] ?? 1) * every;
    const stall = { atMs, lastsMs, where: random() < 0.5 ? 'timers' : 'poll' } as const;
    // Half of them follow the one before at once.
    atMs = random() < 0.5 ? atMs + lastsMs + random() * 20 : moment();
    return stall;
  });
  const jumps = (least: number): { atMs: number; byMs: number }[] =>
    random() < 0.7
      ? []
      : Array.from({ length: 1 + pick(2) }, () => ({
          atMs: moment(),
          byMs: (least + random() * (50 - least)) * every,
        }));
  return {
    intervalMs: every,
    mode,
    seed,
    forMs: Math.max(forMs, atMs + 3 * every),
    stalls,
    suspends: jumps(0),
    wallSteps: jumps(-50),
    ...(random() < 0.2 ? { beatsPerInterval: 2 + pick(20) } : {}),
    peerSendsAtMs: times(),
    publishesAtMs: times(),
    peerCloses: false,
    latencyMs: [0, random() * most],
    busyMs: random() * Math.min(20, every / 100),
    pauses: random() < 0.8 ? [] : [{ atMs: moment(), lastsMs: random() * 4 * every }],
  };
}
