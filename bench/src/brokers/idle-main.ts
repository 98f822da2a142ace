import { setTimeout as sleep } from 'node:timers/promises';

// A process with a broker in it that says how much memory it holds: `node --expose-gc idle-main.ts`.
async function settledMb(): Promise<{ rssMb: number; heapMb: number }> {
  for (let i = 0; i < 3; i += 1) {
    globalThis.gc?.();
    await sleep(100);
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { rssMb: rss / 2 ** 20, heapMb: heapUsed / 2 ** 20 };
}

const before = await settledMb();
const { startBroker } = await import('@leveret/broker');
const broker = await startBroker();
process.send?.({ url: broker.url, before, started: await settledMb() });
process.on('message', async () => process.send?.(await settledMb()));
process.on('disconnect', () => process.exit());
