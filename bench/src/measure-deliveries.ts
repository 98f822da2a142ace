import type { Closable } from './adapter.ts';
import type { Figures, Stock } from './contender.ts';

/**
 * Deliveries per second and CPU time of this process for each, from the end of the warm-up, which is a quarter of the
 * messages or a third of the time, to the last message or the end of the time. `acked`: how many there were in all.
 */
export async function measureDeliveries(
  start: (onMessage: () => void) => Promise<Closable>,
  { count, durationMs }: Omit<Stock, 'prefetch'>,
): Promise<Figures> {
  let resolve: (figures: Figures) => void = () => {};
  const measured = new Promise<Figures>((settle) => {
    resolve = settle;
  });
  const warmUpCount = Math.floor(count / 4);
  let seen = 0;
  const look = () => ({ at: performance.now(), seen, cpu: process.cpuUsage() });
  let first = look();
  let isWarm = false;
  const begin = (): void => {
    if (!isWarm) first = look();
    isWarm = true;
  };
  const end = (): void => {
    const { user, system } = process.cpuUsage(first.cpu);
    const done = seen - first.seen;
    resolve({ perSecond: (done / (performance.now() - first.at)) * 1000, clientCpuUs: (user + system) / done, done });
  };
  const consumer = await start(() => {
    seen += 1;
    if (seen === warmUpCount) begin();
    if (seen === count) end();
  });
  const timers = [setTimeout(begin, durationMs / 3), setTimeout(end, (durationMs * 4) / 3)];
  try {
    const figures = await measured;
    await consumer.close();
    return { ...figures, acked: seen };
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}
