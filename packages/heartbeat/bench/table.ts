import { simulateHeartbeat } from '@leveret/heartbeat/testing';
import { countedChecks, deadlineTimer } from '../test/detectors.ts';
import { dies, diesDuringStall, forgiven, intervalMs, mixedTraffic, stalled } from '../test/scenarios.ts';

const runs = Number(process.argv[2] ?? 2_000);
const seeds = Array.from({ length: runs }, (_, seed) => seed);
const detectors = [
  ['@leveret/heartbeat', undefined],
  ['counted checks, one beat per H', countedChecks],
  ['deadline timer of 2 H', deadlineTimer],
] as const;

console.log(`H = 60 s, ${runs} runs per cell, in units of H`);
for (const [name, start] of detectors) {
  const using = start ? { start } : {};
  const share = (make: (seed: number) => Parameters<typeof simulateHeartbeat>[0]): string =>
    `${((100 * seeds.filter((seed) => simulateHeartbeat({ ...make(seed), ...using }).lost).length) / runs).toFixed(1)} %`;
  const after = (
    make: (seed: number) => Parameters<typeof simulateHeartbeat>[0],
    since: (seed: number) => number,
  ): string => {
    const times = seeds
      .map(
        (seed) =>
          ((simulateHeartbeat({ ...make(seed), ...using }).lost?.atMs ?? Number.NaN) - since(seed)) / intervalMs,
      )
      .sort((a, b) => a - b);
    return [0, Math.floor(runs / 2), runs - 1].map((index) => times[index]?.toFixed(2)).join(' / ');
  };
  console.log(`\n${name}`);
  for (const length of [1, 2, 5, 30])
    console.log(`  live peer accused, one stall of ${length}: ${share((seed) => stalled(seed, length, 1))}`);
  for (const length of [1, 2])
    console.log(`  live peer accused, eight stalls of ${length}: ${share((seed) => stalled(seed, length, 8))}`);
  console.log(`  live peer accused, mixed traffic: ${share(mixedTraffic)}`);
  console.log(`  dead peer noticed after, min / p50 / max: ${after(dies, (seed) => dies(seed).peerDiesAtMs)}`);
  console.log(
    `  died during a stall of 5, noticed after it, min / p50 / max: ${after(diesDuringStall, (seed) => diesDuringStall(seed).resumedAtMs)}`,
  );
  const gap = simulateHeartbeat({ intervalMs, forMs: 50 * intervalMs, ...using }).longestSendGapMs / intervalMs;
  console.log(`  idle send gap: ${gap.toFixed(2)}`);
  let length = 1;
  const closes = (seed: number): boolean =>
    simulateHeartbeat({ ...forgiven(seed, length), ...using }).closedByPeerAtMs !== undefined;
  while (length < 3 && !seeds.some(closes)) length += 0.01;
  console.log(`  longest stall the peer forgives in every run: ${(length - 0.01).toFixed(2)}`);
}
