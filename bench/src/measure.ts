import type { CallClient, QueuePublisher } from './adapter.ts';
import type { Figures, Load } from './contender.ts';
import { profiled } from './profile.ts';
import { socketWrites } from './socket-writes.ts';
import { median, quantile } from './statistics.ts';

/** Runs `operation` by so many workers until the time is up, or it was begun so often; each success and its length in ms is told. */
async function repeat(
  { concurrency, durationMs, most = Number.POSITIVE_INFINITY }: Pick<Load, 'concurrency' | 'durationMs' | 'most'>,
  operation: () => Promise<unknown>,
  succeeded: (ms: number, at: number) => void,
  failed: (error: unknown) => void,
): Promise<void> {
  const end = performance.now() + durationMs;
  let begun = 0;
  const work = async (): Promise<void> => {
    while (performance.now() < end && begun < most) {
      begun += 1;
      const startedAt = performance.now();
      try {
        await operation();
        const at = performance.now();
        succeeded(at - startedAt, at);
      } catch (error) {
        failed(error);
        // What fails at once must not turn into a loop that starves everything else.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

/** Successes per second, their lengths, CPU time and socket writes of this process for each, and how many failed. */
export async function measure(load: Load, operation: () => Promise<unknown>): Promise<Figures> {
  const lengths: number[] = [];
  let failed = 0;
  let last = Number.NaN;
  const cpu = process.cpuUsage();
  const writes = socketWrites();
  const startedAt = performance.now();
  await profiled(load.profile, () =>
    repeat(
      load,
      operation,
      (ms, at) => {
        lengths.push(ms);
        last = at;
      },
      () => {
        failed += 1;
      },
    ),
  );
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: (lengths.length / (last - startedAt)) * 1000,
    p50Ms: quantile(lengths, 0.5),
    p99Ms: quantile(lengths, 0.99),
    clientCpuUs: (user + system) / lengths.length,
    clientWrites: (socketWrites() - writes) / lengths.length,
    done: lengths.length,
    failed,
  };
}

/** Echo calls; an answer that is not what was sent is a failure. */
export function measureCalls(client: CallClient, load: Load): Promise<Figures> {
  const value = 'x'.repeat(load.size);
  return measure(load, async () => {
    if ((await client.call(value)) !== value) throw new Error('The echo is not what was sent.');
  });
}

/** Confirmed publishes. */
export function measurePublishes(publisher: QueuePublisher, load: Load): Promise<Figures> {
  const body = Buffer.alloc(load.size, 'x');
  return measure(load, () => publisher.publish(body));
}

/** Connects, calls once, closes; again and again. */
export async function measureSetUp(start: () => Promise<CallClient>, times: number): Promise<Figures> {
  const lengths: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const startedAt = performance.now();
    const client = await start();
    await client.call('first');
    lengths.push(performance.now() - startedAt);
    await client.close();
  }
  return { setUpMs: median(lengths), firstSetUpMs: lengths[0] ?? Number.NaN };
}

const GAP_CONCURRENCY = 10;
const SETTLE_MS = 8_000;

/** The longest time without a reply in `durationMs`, and how many calls failed or did not settle. */
export async function measureGap(client: CallClient, durationMs: number): Promise<Figures> {
  let lastAt = performance.now();
  let gapMs = 0;
  let replies = 0;
  let failed = 0;
  let running = 0;
  const call = async (): Promise<void> => {
    running += 1;
    await client.call('x'.repeat(100)).finally(() => {
      running -= 1;
    });
  };
  const done = repeat(
    { concurrency: GAP_CONCURRENCY, durationMs },
    call,
    (_ms, at) => {
      replies += 1;
      gapMs = Math.max(gapMs, at - lastAt);
      lastAt = at;
    },
    () => {
      failed += 1;
    },
  );
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, durationMs + SETTLE_MS);
  });
  await Promise.race([done, limit]);
  clearTimeout(timer);
  // Calls that never settle keep their workers: no reply came any more.
  if (running > 0) gapMs = Math.max(gapMs, performance.now() - lastAt);
  return { gapMs, failed, unsettled: running, replies };
}
