import { startTcpProxy } from '@leveret/tooling-rabbitmq';
import { atMost, exactly } from '../figure.ts';
import type { GrowthAnswer, GrowthSettings } from '../growth-process.ts';
import { startHelper } from '../helper-process.ts';
import type { Scenario } from '../scenario.ts';

const resets = 40;
const hourAt100PerSecond = 360_000;

/** Reset again and again, and then an hour's traffic as fast as it goes. */
export const growth: Scenario = {
  name: 'growth',
  title: "40 resets, then an hour's traffic in minutes",
  goal: 'heap ≤ +0.5 MB, handles +0',
  run: async ({ stage, clientName, long, note }) => {
    const broker = await stage.broker();
    const { url } = await broker.createVirtualHost();
    await using proxy = await startTcpProxy({ port: broker.port });
    const messages = long ? hourAt100PerSecond : 20_000;
    const settings: GrowthSettings = {
      client: clientName,
      url: proxy.through(url),
      queue: 'growing',
      resets,
      messages,
    };
    await using helper = startHelper('growth-process.ts', settings, ['--expose-gc']);
    const answer = await (async () => {
      for (;;) {
        const message = await helper.next<GrowthAnswer | { readonly reset: true }>();
        if (!('reset' in message)) return message;
        proxy.reset();
        helper.send({ done: true });
      }
    })();
    const added = answer.handles.length - answer.handlesBefore.length;
    if (added !== 0) note(`handles before ${answer.handlesBefore.join(', ')}; after ${answer.handles.join(', ')}`);
    return [
      atMost('heap growth', answer.heapBytes / 2 ** 20, 0.5, 'MB'),
      exactly('more handles', added, 0),
      // A message whose confirm went with its connection is published again, so more may arrive.
      atMost('missing', Math.max(0, answer.published - answer.delivered), 0, ''),
    ];
  },
};
