import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, worstOf } from '../figure.ts';
import { gapFigures, untilBack } from '../gaps.ts';
import { startLoad } from '../load.ts';
import { closeBooks, type Scenario } from '../scenario.ts';

const closes = 4;

/** An operator closes all connections, four times. */
export const forcedCloses: Scenario = {
  name: 'forced-closes',
  title: 'four forced closes',
  goal: 'gap ≤ 0.5 s, 0 rejected, 0 lost',
  run: async ({ stage, createClient, note }) => {
    const broker = await stage.broker();
    const { name, url } = await broker.createVirtualHost();
    const client = createClient({ url, queue: 'closed' });
    try {
      const load = await startLoad(client);
      const gaps: (readonly Figure[])[] = [];
      for (let i = 0; i < closes; i += 1) {
        await sleep(500);
        const closedAt = performance.now();
        const match = ({ virtualHost }: { virtualHost: string }): boolean => virtualHost === name;
        await broker.closeConnections('closed under load', { match });
        await untilBack(load, closedAt);
        gaps.push(gapFigures(load, closedAt, 500));
      }
      return [...worstOf(gaps), ...(await closeBooks(load, { note }))];
    } finally {
      await client.close();
    }
  },
};
