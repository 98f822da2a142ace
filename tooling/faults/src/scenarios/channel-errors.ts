import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultName, PublishTo } from '../client.ts';
import { exactly, type Figure, worstOf } from '../figure.ts';
import { gapFigures } from '../gaps.ts';
import { startLoad } from '../load.ts';
import { closeBooks, type Scenario } from '../scenario.ts';

/** Publishes to an exchange that an operator has deleted (404), and to one that is declared otherwise (406), beside the load. */
export const channelErrors: Scenario = {
  name: 'channel-errors',
  title: '404 or 406 on a channel',
  goal: 'the others stall ≤ 0.1 s, 0 of them rejected, 0 lost; both named',
  run: async ({ stage, createClient, long, note }) => {
    const broker = await stage.broker();
    const { name, url } = await broker.createVirtualHost();
    const others = createClient({ url, queue: 'beside' });
    await others.publish('first', { exchange: 'theirs', type: 'direct' });
    await others.close();
    const client = createClient({ url, queue: 'beside' });
    try {
      const load = await startLoad(client);
      const gone = { exchange: 'gone', type: 'direct' } as const;
      const gaps: (readonly Figure[])[] = [];
      let named = 0;
      const refusedAs = async (reason: FaultName, to: PublishTo): Promise<void> => {
        const found = await client.publish(reason, to).then(String, (error: unknown) => client.nameOf(error));
        if (found === reason) named += 1;
        else note(`'${found}' instead of '${reason}'`);
      };
      const rounds = long ? 20 : 3;
      for (let i = 0; i < rounds; i += 1) {
        await client.publish('warm', gone);
        await broker.deleteExchange(name, gone.exchange);
        const faultAt = performance.now();
        // 404 closes the channel on which it is published, 406 the one on which it is declared.
        await refusedAs('not-found', gone);
        await refusedAs('declaration', { exchange: 'theirs', type: 'fanout' });
        await sleep(400);
        gaps.push(gapFigures(load, faultAt, 100));
      }
      return [...worstOf(gaps), exactly('named', named, 2 * rounds), ...(await closeBooks(load, { note }))];
    } finally {
      await client.close();
    }
  },
};
