import { setTimeout as sleep } from 'node:timers/promises';
import { startTcpProxy, type TcpProxy } from '@leveret/tooling-rabbitmq';
import { exactly } from '../figure.ts';
import { gapFigures, untilBack } from '../gaps.ts';
import { startLoad, untilTrue } from '../load.ts';
import { closeBooks, type Scenario } from '../scenario.ts';

// All of this process, but for those of the proxy: a socket counts until it is destroyed.
function clientSockets(proxy: TcpProxy): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length - proxy.sockets;
}

/** The network forgets open connections: no bytes, no goodbye; new connections pass. */
export const halfOpen: Scenario = {
  name: 'half-open',
  title: 'half-open TCP, heartbeat 3 s',
  goal: 'gap ≤ 6.5 s, socket destroyed, 0 rejected, 0 lost',
  run: async ({ stage, createClient, note }) => {
    const broker = await stage.broker();
    const { url } = await broker.createVirtualHost();
    await using proxy = await startTcpProxy({ port: broker.port });
    const client = createClient({ url: proxy.through(url), queue: 'half-open', heartbeatMs: 3_000 });
    try {
      const load = await startLoad(client);
      await sleep(1_000);
      const before = clientSockets(proxy);
      const strandedAt = performance.now();
      proxy.strand();
      await untilBack(load, strandedAt);
      const gaps = gapFigures(load, strandedAt, 6_500);
      await untilTrue(() => clientSockets(proxy) <= before, 2_000);
      const leaked = clientSockets(proxy) - before;
      return [...gaps, exactly('sockets leaked', leaked, 0), ...(await closeBooks(load, { note }))];
    } finally {
      await client.close();
    }
  },
};
