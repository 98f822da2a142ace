/**
 * What a retry costs, beside other packages and a loop written by hand: `npm run measure`. All numbers of a column come from
 * interleaved rounds of one process; what is shown is the median of the ratios within a round.
 */
import { contenders } from './contenders.ts';
import { herdPeak } from './herd.ts';

const rounds = 15;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

/** The median of each contender's time per call over that of the first, and the median time of the first. */
async function ratios(once: (index: number) => Promise<number>): Promise<{ ratios: number[]; bareUs: number }> {
  const times: number[][] = contenders.map(() => []);
  for (let round = -3; round < rounds; round++) {
    for (const index of contenders.keys()) {
      const us = await once(index);
      // The first rounds warm up.
      if (round >= 0) times[index]?.push(us);
    }
  }
  const bare = times[0] as number[];
  return { ratios: times.map((each) => median(each.map((us, i) => us / (bare[i] as number)))), bareUs: median(bare) };
}

/** An operation that succeeds at once, or after one turn of the event loop, as the quickest of real ones do. */
async function success(operation: () => Promise<number>): Promise<{ ratios: number[]; bareUs: number }> {
  const calls = 50_000;
  const runs = contenders.map(({ make }) => make(3, 1));
  return ratios(async (index) => {
    const run = runs[index] as (typeof runs)[number];
    const startedAt = performance.now();
    for (let call = 0; call < calls; call++) await run(operation);
    return ((performance.now() - startedAt) * 1000) / calls;
  });
}

async function threeRetries(delayMs: number): Promise<{ ratios: number[]; bareUs: number }> {
  const batches = 60;
  const calls = 100;
  const error = new Error('again');
  const runs = contenders.map(({ make }) => make(3, delayMs));
  return ratios(async (index) => {
    const run = runs[index] as (typeof runs)[number];
    const before = process.cpuUsage();
    for (let batch = 0; batch < batches; batch++) {
      await Promise.all(
        Array.from({ length: calls }, () => {
          let left = 3;
          return run(async () => {
            if (left-- > 0) throw error;
            return 42;
          });
        }),
      );
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / calls / batches;
  });
}

/** Bytes of heap for each of many calls that wait for their first retry. Their timers are left for the end of the process. */
async function heapPerWait(): Promise<number[]> {
  const calls = 20_000;
  const error = new Error('again');
  const operation = async () => {
    throw error;
  };
  const bytes: number[] = [];
  for (const { make } of contenders) {
    const run = make(3, 1_000_000);
    const waiting: Promise<unknown>[] = new Array(calls);
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let call = 0; call < calls; call++) waiting[call] = run(operation);
    await new Promise((resolve) => setTimeout(resolve, 100));
    globalThis.gc?.();
    bytes.push((process.memoryUsage().heapUsed - before) / calls);
    for (const each of waiting) each.catch(() => {});
  }
  return bytes;
}

const results = {
  success: await success(async () => 42),
  turn: await success(() => new Promise((resolve) => setImmediate(resolve, 42))),
  noWait: await threeRetries(0),
  threeRetries: await threeRetries(1),
  heap: await heapPerWait(),
};
const herd: (number | undefined)[] = [];
for (const { jittered } of contenders) herd.push(jittered && (await herdPeak(jittered)));

console.log(`Node ${process.version}, ${rounds} interleaved rounds, medians`);
console.log(
  `A bare loop: ${results.success.bareUs.toFixed(2)} µs a success at once, ${results.turn.bareUs.toFixed(2)} µs after a turn, ${results.threeRetries.bareUs.toFixed(1)} µs of CPU for three retries, 1 ms apart, 100 calls at once\n`,
);
console.log(
  '| | success at once / loop | success after a turn / loop | 3 retries, no wait / loop | 3 retries, 1 ms / loop | heap a waiting retry | herd, peak in 100 ms |\n|---|---|---|---|---|---|---|',
);
for (const [index, { name }] of contenders.entries()) {
  const cells = [
    `${results.success.ratios[index]?.toFixed(2)} ×`,
    `${results.turn.ratios[index]?.toFixed(2)} ×`,
    `${results.noWait.ratios[index]?.toFixed(2)} ×`,
    `${results.threeRetries.ratios[index]?.toFixed(2)} ×`,
    `${results.heap[index]?.toFixed(0)} B`,
    herd[index] ?? '',
  ];
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
// The waits of a million milliseconds are still there.
process.exit();
