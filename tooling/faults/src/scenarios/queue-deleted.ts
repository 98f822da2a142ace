import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, exactly } from '../figure.ts';
import { startLoad, untilTrue } from '../load.ts';
import { closeBooks, type Scenario } from '../scenario.ts';

const orphans = 20;

/** An operator deletes the queue of a consumer; and one that nobody consumes, to which messages still go. */
export const queueDeleted: Scenario = {
  name: 'queue-deleted',
  title: 'queue deleted under a consumer',
  goal: 'back in ≤ 1 s; each publish returned and rejected by name, 0 lost',
  run: async ({ stage, createClient, note }) => {
    const broker = await stage.broker();
    const { name, url } = await broker.createVirtualHost();
    const leaver = createClient({ url, queue: 'left behind' });
    await leaver.consume(() => {});
    await leaver.close();
    const client = createClient({ url, queue: 'deleted' });
    try {
      const load = await startLoad(client);
      await sleep(500);
      // What a queue holds is deleted with it, and would count as lost: it goes when it is empty.
      await load.pause();
      await broker.deleteQueue(name, 'deleted');
      const deletedAt = performance.now();
      load.resume();
      await untilTrue(() => load.ledger.firstAfter('deliveries', deletedAt) < 10_000, 10_000);
      const back = load.ledger.firstAfter('deliveries', deletedAt);
      await sleep(300);
      await load.pause();
      const between = load.ledger.counts().returned;
      await broker.deleteQueue(name, 'left behind');
      await Promise.all(Array.from({ length: orphans }, () => load.publish({ queue: 'left behind' })));
      const books = await closeBooks(load, { note });
      const { returned } = load.ledger.counts();
      return [atMost('back in', back, 1_000), exactly(`returned of ${orphans}`, returned - between, orphans), ...books];
    } finally {
      await client.close();
    }
  },
};
