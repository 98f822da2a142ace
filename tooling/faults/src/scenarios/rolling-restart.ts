import { setTimeout as sleep } from 'node:timers/promises';
import { gapFigures, untilBack } from '../gaps.ts';
import { startLoad, untilTrue } from '../load.ts';
import { closeBooks, type Scenario } from '../scenario.ts';

const queue = 'rolled over';

/** Each node is stopped in order and started again, one after the other, as an upgrade does it. */
export const rollingRestart: Scenario = {
  name: 'rolling-restart',
  title: 'rolling restart of a 3-node cluster, quorum queue',
  goal: 'gap ≤ 1.5 s, 0 rejected, 0 lost',
  run: async ({ stage, createClient, note }) => {
    const cluster = await stage.cluster();
    const { name, url } = await cluster.createVirtualHost();
    const client = createClient({ url, queue, queueType: 'quorum' });
    try {
      const load = await startLoad(client);
      await sleep(1_000);
      const startedAt = performance.now();
      for (const node of cluster.nodes) {
        await node.stop();
        await node.restart();
        // An operator does not stop the next one before the queue has all of its members again.
        await cluster.untilWhole();
        const whole = async (): Promise<boolean> => (await cluster.membersOf(name, queue)).length === 3;
        if (!(await untilTrue(whole, 30_000))) throw new Error('The quorum queue did not get all its members back.');
      }
      await untilBack(load, performance.now());
      const gaps = gapFigures(load, startedAt, 1_500);
      return [...gaps, ...(await closeBooks(load, { note }))];
    } finally {
      await client.close();
    }
  },
};
