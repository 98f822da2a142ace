import { setTimeout as sleep } from 'node:timers/promises';
import { makeCertificates, startTcpProxy } from '@leveret/tooling-rabbitmq';
import type { ClientSettings } from '../client.ts';
import { atMost, exactly, type Figure } from '../figure.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';

// An application that goes on publishing into its refusal.
const publishEveryMs = 20;
const observedMs = 2_000;

/** A wrong password, a virtual host that does not exist, a certificate with another name. */
export const refusals: Scenario = {
  name: 'refusals',
  title: 'wrong password, missing vhost, TLS name',
  goal: 'named in ≤ 0.5 s, no retry storm',
  run: async (context) => {
    const broker = await context.stage.broker();
    const { ca, wrongName } = await makeCertificates();
    await using listener = await broker.listenTls({ identity: wrongName });
    const user = { username: broker.username, password: 'not the password' };
    const cases = [
      { what: 'password', name: 'credentials', port: broker.port, url: broker.urlOf('/', user) },
      { what: 'vhost', name: 'virtual-host', port: broker.port, url: broker.urlOf('no such virtual host') },
      { what: 'TLS', name: 'tls', port: listener.port, url: listener.url, ca },
    ];
    const all = await Promise.all(
      cases.map(async ({ port, name, what, ...settings }): Promise<readonly Figure[]> => {
        await using proxy = await startTcpProxy({ port });
        const url = proxy.through(settings.url);
        const { tookMs, reason } = await refusedAs(context, { ...settings, url, queue: 'never' });
        if (reason !== name) context.note(`${what}: '${reason}' instead of '${name}'`);
        return [
          atMost(what, tookMs, 500),
          exactly('named', reason === name ? 1 : 0, 1),
          // One at once, and at most one a second from then on; one more for the edges of the time that is observed.
          atMost(`connections in ${observedMs / 1_000} s`, proxy.accepted, 2 + observedMs / 1_000, ''),
        ];
      }),
    );
    return all.flat();
  },
};

async function refusedAs(
  { createClient }: ScenarioContext,
  settings: ClientSettings,
): Promise<{ readonly tookMs: number; readonly reason: string }> {
  const client = createClient(settings);
  try {
    const startedAt = performance.now();
    const reason = await client.publish('first').then(String, (error: unknown) => client.nameOf(error));
    const tookMs = performance.now() - startedAt;
    while (performance.now() - startedAt < observedMs) {
      await client.publish('again').catch(() => {}); // the first one has told the reason
      await sleep(publishEveryMs);
    }
    return { tookMs, reason };
  } finally {
    await client.close();
  }
}
