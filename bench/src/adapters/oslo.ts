import { setTimeout as sleep } from 'node:timers/promises';
import { startOsloServer } from '@leveret/tooling-oslo';
import type { Contender } from '../contender.ts';
import { runPythonClient } from '../python-client.ts';

// Python is told a number of calls, not a time: about what it does in a second. With 1,000 threads it measures only them.
const CALLS_PER_SECOND = new Map([
  [1, 250],
  [10, 400],
  [100, 400],
]);

export const oslo: Contender = {
  name: 'oslo',
  label: 'oslo.messaging (Python)',
  note: 'oslo.messaging 14 as it ships, on the same wire: a pool of 64 threads on the server, a thread for each concurrent call on the client; noDelay is the default of its AMQP library; its gap is its longest call',
  async start({ url, name }) {
    const place = { url, topic: name };
    const server = await startOsloServer({ ...place, server: 'bench' });
    return {
      calls: async ({ concurrency, size, durationMs }) => {
        const perSecond = CALLS_PER_SECOND.get(concurrency);
        if (perSecond === undefined) return undefined;
        const count = Math.round((perSecond * durationMs) / 1000);
        const report = await runPythonClient(place, { count, concurrency, size });
        return {
          perSecond: report.per_s,
          p50Ms: report.p50_ms ?? Number.NaN,
          p99Ms: report.p99_ms ?? Number.NaN,
          failed: report.errors,
        };
      },
      gap: async (cut) => {
        const running = runPythonClient(place, { count: 2_500, concurrency: 10, size: 100 });
        // Its interpreter needs one to two seconds to start, and the cut must fall into its calls.
        const [report] = await Promise.all([running, sleep(4_000).then(cut)]);
        return { gapMs: report.max_ms ?? Number.NaN, failed: report.errors };
      },
      stop: () => server.stop(),
    };
  },
};
