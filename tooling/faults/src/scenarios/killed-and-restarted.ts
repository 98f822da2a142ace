import { setTimeout as sleep } from 'node:timers/promises';
import { atMost } from '../figure.ts';
import { startLoad } from '../load.ts';
import { closeBooks, type Scenario } from '../scenario.ts';

/** SIGKILL under load, and the same broker again on the same port. */
export const killedAndRestarted: Scenario = {
  name: 'killed-and-restarted',
  title: 'broker killed and restarted',
  goal: 'first confirm ≤ 2 s after the listener is back, 0 rejected, 0 lost',
  run: async ({ stage, createClient, note }) => {
    const broker = await stage.broker();
    const { url } = await broker.createVirtualHost();
    // Longer than any start of the broker: what is rejected then is not the start's fault.
    const client = createClient({ url, queue: 'killed', publishTimeoutMs: 90_000 });
    try {
      const load = await startLoad(client, { settleMs: 95_000 });
      await sleep(1_000);
      await broker.kill();
      await sleep(100);
      const killedAt = performance.now();
      await broker.restart();
      const listeningAt = performance.now();
      await sleep(1_000);
      const books = await closeBooks(load, { note });
      const afterListening = (what: 'confirms' | 'deliveries'): number =>
        Math.max(0, killedAt + load.ledger.firstAfter(what, killedAt) - listeningAt);
      return [
        atMost('first confirm after', afterListening('confirms'), 2_000),
        atMost('first delivery after', afterListening('deliveries'), 2_000),
        ...books,
      ];
    } finally {
      await client.close();
    }
  },
};
