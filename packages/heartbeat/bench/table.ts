import { type Simulation, simulateHeartbeat } from '@leveret/heartbeat/testing';
import { asking, type DetectorName, detectors, modelOf, pinged } from '../test/detectors.ts';
import { dies, diesDuringStall, forgiven, intervalMs, mixedTraffic, stalled } from '../test/scenarios.ts';

const runs = Number(process.argv[2] ?? 1_000);
const seeds = Array.from({ length: runs }, (_, seed) => seed);

function row(
  name: string,
  model: (simulation: Simulation) => Partial<Simulation>,
  asks = false,
  amqp = !asks,
): Record<string, string> {
  const run = (simulation: Simulation): ReturnType<typeof simulateHeartbeat> =>
    simulateHeartbeat({ ...simulation, ...model(simulation) });
  const share = (make: (seed: number) => Simulation): string =>
    ((100 * seeds.filter((seed) => run(make(seed)).lost).length) / runs).toFixed(0);
  const after = (make: (seed: number) => Simulation, since: (seed: number) => number): string => {
    const times = seeds
      .map((seed) => ((run(make(seed)).lost?.atMs ?? Number.NaN) - since(seed)) / intervalMs)
      .sort((one, other) => one - other);
    return [Math.floor(runs / 2), runs - 1].map((index) => times[index]?.toFixed(2)).join(' / ');
  };
  let length = 0.5;
  const closes = (seed: number): boolean => run(forgiven(seed, length)).closedByPeerAtMs !== undefined;
  while (amqp && length < 3 && !seeds.some(closes)) length += 0.01;
  return {
    name,
    'accused %: stall 1/2/5/30': [1, 2, 5, 30].map((stall) => share((seed) => stalled(seed, stall, 1))).join('/'),
    '8 x 1/2': [1, 2].map((stall) => share((seed) => stalled(seed, stall, 8))).join('/'),
    // A question and its answer travel both ways.
    mixed: share((seed) => ({ ...mixedTraffic(seed), latencyMs: [1, (asks ? 0.1 : 0.2) * intervalMs] })),
    'dead p50 / max': after(dies, (seed) => dies(seed).peerDiesAtMs),
    'in a stall': after(diesDuringStall, (seed) => diesDuringStall(seed).resumedAtMs),
    'send gap': (run({ intervalMs, forMs: 50 * intervalMs, peerCloses: false }).longestSendGapMs / intervalMs).toFixed(
      2,
    ),
    forgives: amqp ? (length - 0.01).toFixed(2) : '',
  };
}

console.log(`H = 60 s, ${runs} runs per cell, in units of H`);
console.table([
  row('@leveret/heartbeat', () => ({})),
  row('@leveret/heartbeat, ping-pong', () => ({ mode: 'ping-pong' }), true),
  ...(Object.keys(detectors) as DetectorName[]).map((name) =>
    row(name, (simulation) => modelOf(name, simulation), asking.includes(name), ![...asking, ...pinged].includes(name)),
  ),
]);
