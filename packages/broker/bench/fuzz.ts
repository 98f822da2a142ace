/**
 * Sends random and broken sessions to a broker for some minutes, four at a time, and prints what became of them, and what
 * memory is in use. Ends with an error at the first crash, hang, warning or growth; the number of an input makes it again.
 *
 * Run by hand, from packages/broker: npx esbuild bench/fuzz.ts --bundle --platform=node --format=esm --packages=external
 * '--define:LEVERET_VERSION="0"' --outfile=.results/bench-fuzz.js && node .results/bench-fuzz.js [minutes] [number of the first input]
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BrokerEvent } from '../src/events.js';
import { startBroker } from '../src/index.js';
import { createFuzzer } from '../test/fuzz/fuzzer.js';
import { usedMemory } from '../test/fuzz/memory.js';

const MIB = 1 << 20;
const AT_A_TIME = 4;
const REPORT_EVERY_MS = 15_000;

const [minutes = 5, first = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);
const reasons = new Map<string, number>();
process.on('warning', (warning) => {
  throw warning;
});

function onEvent(event: BrokerEvent): void {
  if (event.type !== 'connection-closed' && event.type !== 'connection-rejected') return;
  // Up to the first name or octets, and without numbers, it is the same reason.
  const reason = event.reason.replace(/['"<].*/s, '…').replace(/\d+/g, '…');
  if (event.reason.includes('the embedded broker failed')) throw new Error(event.reason);
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
}

const broker = await startBroker({ onEvent });
const fuzzer = await createFuzzer(broker);
const endsAt = performance.now() + minutes * 60_000;
let number = first;
let baseline: number | undefined;

/** Plays inputs until then, each player for itself. */
async function playUntil(time: number): Promise<void> {
  const player = async (): Promise<void> => {
    while (performance.now() < time) {
      number += 1;
      await fuzzer.run(number);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, player));
}

/** What is in use when all that was made is gone, in bytes. */
async function leftover(): Promise<number> {
  while (broker.connections().length > 0) await nextTurn();
  await broker.restart({ keep: 'nothing' });
  return await usedMemory();
}

console.log(`From input ${first + 1}, for ${minutes} minutes.`);
while (performance.now() < endsAt) {
  await playUntil(Math.min(endsAt, performance.now() + REPORT_EVERY_MS));
  const { queues, exchanges } = { queues: broker.queues().length, exchanges: broker.exchanges().length };
  const used = await leftover();
  baseline ??= used;
  const { answered, closed, left } = fuzzer.outcomes;
  console.log(
    `${number - first} inputs: ${answered} answered, ${closed} closed, ${left} left; ` +
      `${queues} queues, ${exchanges} exchanges; ${(used / MIB).toFixed(1)} MiB in use without them`,
  );
  if (used - baseline > 8 * MIB) throw new Error(`It grew by ${((used - baseline) / MIB).toFixed(1)} MiB.`);
}
console.log(broker.counts());
for (const [reason, count] of [...reasons].sort(([, one], [, other]) => other - one)) {
  console.log(String(count).padStart(8), reason);
}
await broker.close();
