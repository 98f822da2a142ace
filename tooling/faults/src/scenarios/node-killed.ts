import { setTimeout as sleep } from 'node:timers/promises';
import { gapFigures, untilBack } from '../gaps.ts';
import { startLoad } from '../load.ts';
import { closeBooks, type Scenario } from '../scenario.ts';

/** SIGKILL of the node that a client of a quorum queue is connected to. */
export const nodeKilled: Scenario = {
  name: 'node-killed',
  title: 'one node of three killed',
  goal: 'gap ≤ 1.5 s for both, 0 rejected, 0 lost',
  run: async ({ stage, createClient, note }) => {
    const cluster = await stage.cluster();
    const { name } = await cluster.createVirtualHost();
    // Both connections to the node that dies: nothing is spared.
    const url = cluster.urlOf(name);
    const client = createClient({ url, queue: 'one of three', queueType: 'quorum', hostsInOrder: true });
    try {
      const load = await startLoad(client);
      await sleep(1_500);
      note(`the queue's leader was on ${(await cluster.leaderOf(name, 'one of three')) === 0 ? 'it' : 'another'}`);
      const killedAt = performance.now();
      await cluster.nodes[0]?.kill();
      await untilBack(load, killedAt);
      const gaps = gapFigures(load, killedAt, 1_500);
      return [...gaps, ...(await closeBooks(load, { note }))];
    } finally {
      await client.close();
    }
  },
};
