import { setTimeout as sleep } from 'node:timers/promises';
import { atMost } from '../figure.ts';
import { startLoad } from '../load.ts';
import { closeBooks, type Scenario } from '../scenario.ts';

const heartbeatMs = 2_000;
const inFlight = 300;

/** The process does nothing else for two heartbeats, with confirms outstanding. */
export const blockedEventLoop: Scenario = {
  name: 'blocked-event-loop',
  title: 'event loop blocked 2 × heartbeat',
  goal: 'gap ≤ 0.5 s after it, 0 rejected, 0 lost',
  run: async ({ stage, createClient, note }) => {
    const broker = await stage.broker();
    const { url } = await broker.createVirtualHost();
    const client = createClient({ url, queue: 'blocked', heartbeatMs });
    try {
      const load = await startLoad(client);
      await sleep(500);
      for (let i = 0; i < inFlight; i += 1) void load.publish(); // settles into the ledger
      await new Promise((resolve) => setImmediate(resolve));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * heartbeatMs);
      const unblockedAt = performance.now();
      await sleep(2_000);
      const figures = (['confirms', 'deliveries'] as const).map((what) =>
        atMost(
          what === 'confirms' ? 'publish gap' : 'consume gap',
          load.ledger.longestGapSince(what, unblockedAt, unblockedAt + 1_500),
          500,
        ),
      );
      return [...figures, ...(await closeBooks(load, { note }))];
    } finally {
      await client.close();
    }
  },
};
