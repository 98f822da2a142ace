import { readFileSync } from 'node:fs';
import { createTransport } from '@leveret/transport';
import { describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer } from '../src/index.js';
import { useBroker } from './helpers.js';

interface Entities {
  readonly exchanges: readonly { readonly name: string }[];
  readonly queues: readonly {
    readonly name: string;
    readonly durable: boolean;
    readonly auto_delete: boolean;
    readonly consumers: number;
  }[];
}

interface Case {
  readonly id: string;
  readonly while_running: Entities;
  readonly after_server_stopped_and_clients_gone: Entities;
}

const { cases } = JSON.parse(readFileSync(new URL('fixtures/topology.json', import.meta.url), 'utf8')) as {
  cases: readonly Case[];
};

// How each is declared and bound is compared on the wire, in traces.test.ts; this is what stays on the broker.
describe('what is on a broker with two services', () => {
  const broker = useBroker();

  it.each(cases)('is what oslo.messaging $id has there', async ({ while_running, ...vector }) => {
    const { control } = broker.setting;
    if (control === undefined) throw new Error('This broker is not ours: what is on it cannot be listed.');
    const { name, url } = await control.createVirtualHost();
    const seen = async () => {
      const queues = (await control.queues(name)).map((queue) => ({
        name: queue.name.replace(/[0-9a-f]{32}$/u, 'ID'),
        durable: queue.durable,
        auto_delete: queue.autoDelete,
        consumers: queue.consumers,
      }));
      const exchanges = (await control.exchanges(name)).filter((each) => each !== '' && !each.startsWith('amq.'));
      return { queues: queues.toSorted(byName), exchanges: exchanges.toSorted() };
    };
    const recorded = ({ queues, exchanges }: Entities, alter: (queue: Entities['queues'][number]) => object[]) => ({
      queues: queues.flatMap(({ name: queue, durable, auto_delete, consumers }) =>
        alter({ name: queue, durable, auto_delete, consumers }),
      ),
      exchanges: exchanges.map((each) => each.name).toSorted(),
    });

    await using transport = createTransport(url, { env: false });
    const methods = { echo: () => 1 };
    const servers = [
      createRpcServer(transport, { topic: 'interop', server: 's1' }, [{ methods }]),
      createRpcServer(transport, { topic: 'xtopic', server: 'sx', exchange: 'custom_x' }, [{ methods }]),
    ];
    await Promise.all(servers.map((server) => server.start()));
    const client = createRpcClient(transport, { topic: 'interop' }, { timeoutMs: 10_000 });
    await client.call('echo');
    await client.call('echo', {}, { topic: 'xtopic', exchange: 'custom_x' });
    const isReply = (queue: { name: string }) => queue.name === 'reply_ID';
    // The client still listens here, and had ended there.
    expect(await seen()).toEqual(
      recorded(while_running, (queue) => [isReply(queue) ? { ...queue, consumers: 1 } : queue]),
    );

    await client.close();
    await Promise.all(servers.map((server) => server.stop()));
    // Deviation: a reply queue to which nothing can come any more is deleted; there it is left to expire.
    const after = vector.after_server_stopped_and_clients_gone;
    expect(await seen()).toEqual(recorded(after, (queue) => (isReply(queue) ? [] : [queue])));
    await transport.close();
    await control.deleteVirtualHost(name);
  });
});

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
