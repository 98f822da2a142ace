import { readFileSync } from 'node:fs';
import { createTransport, type Transport } from '@leveret/transport';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRpcClient, createRpcServer, type RpcClient, type RpcServer } from '../src/index.js';
import { useBroker } from './helpers.js';

interface Behaviour {
  readonly id: string;
  readonly kind: string;
  readonly result: Readonly<Record<string, unknown>>;
}

const { cases } = JSON.parse(readFileSync(new URL('fixtures/behaviours.json', import.meta.url), 'utf8')) as {
  cases: readonly Behaviour[];
};

/** What oslo.messaging of both generations was seen to do. */
function seen<Result>(kind: string): readonly { readonly id: string; readonly result: Result }[] {
  return cases.filter((each) => each.kind === kind) as never;
}

describe('what oslo.messaging was seen to do on a broker', () => {
  const broker = useBroker();

  async function connect(): Promise<Transport> {
    const transport = createTransport(broker.setting.url, { env: false });
    onTestFinished(() => transport.close());
    await transport.connect();
    return transport;
  }

  async function serve(
    transport: Transport,
    target: { topic: string; server: string; exchange?: string },
    methods: Parameters<typeof createRpcServer>[2][number]['methods'],
  ): Promise<RpcServer> {
    const server = createRpcServer(transport, target, [{ methods }]);
    onTestFinished(() => server.stop({ drainMs: 0 }));
    await server.start();
    return server;
  }

  function clientOf(transport: Transport, topic: string, exchange?: string): RpcClient {
    const target = exchange === undefined ? { topic } : { topic, exchange };
    const client = createRpcClient(transport, target, { timeoutMs: 20_000 });
    onTestFinished(() => client.close());
    return client;
  }

  const topicOf = (id: string) => `${broker.setting.topic}-${id.replace(/\W/gu, '-')}`;

  it.each(seen<{ call: { exchange: string } }>('mandatory_return'))('$id', async ({ id, result }) => {
    const client = clientOf(await connect(), topicOf(id));
    for (const send of [client.call, client.cast]) {
      await expect(Reflect.apply(send, client, ['m', {}, { mandatory: true }])).rejects.toMatchObject({
        code: 'ERR_LEVERET_UNDELIVERABLE',
        exchange: result.call.exchange,
        routingKey: topicOf(id),
        replyCode: 312,
      });
    }
  });

  it.each(seen<{ call: [string, unknown] }>('reply_queue_deleted_while_waiting'))('$id', async ({ id, result }) => {
    const transport = await connect();
    const operator = await connect();
    let replyQueue = '';
    let answer: ((result: unknown) => void) | undefined;
    const methods = {
      m: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    };
    // The name of the reply queue is on the wire only.
    const watched = new Proxy(transport, {
      get: (target, name) =>
        name !== 'consume'
          ? Reflect.get(target, name)
          : (...args: Parameters<Transport['consume']>) => {
              replyQueue = args[0].queue.name;
              return target.consume(...args);
            },
    });
    await serve(operator, { topic: topicOf(id), server: 's' }, methods);
    const call = clientOf(watched, topicOf(id)).call('m');
    await expect.poll(() => answer).toBeTypeOf('function');
    await operator.deleteQueue(replyQueue);
    answer?.(result.call[1]);
    expect(await call).toBe(result.call[1]);
  });

  it.each(seen<{ call_after_drop: [string, unknown] }>('connection_drop_server_and_client'))(
    '$id',
    async ({ id, result }) => {
      const transport = await connect();
      const [, answer] = result.call_after_drop;
      await serve(transport, { topic: topicOf(id), server: 's' }, { echo: ({ value }) => value });
      const client = clientOf(await connect(), topicOf(id));
      expect(await client.call('echo', { value: 'before' })).toBe('before');
      if (broker.setting.control === undefined) throw new Error('This broker is not ours: connections cannot be cut.');
      await broker.setting.control.closeConnections();
      expect(await client.call('echo', { value: answer })).toBe(answer);
    },
  );

  it.each(seen<Record<'handled_by_exA' | 'handled_by_exB', number>>('queue_not_scoped_by_exchange'))(
    '$id',
    async ({ id, result }) => {
      const [exA, exB] = [`${topicOf(id)}-a`, `${topicOf(id)}-b`];
      const handled = { [exA]: 0, [exB]: 0 };
      const transport = await connect();
      for (const exchange of [exA, exB]) {
        const m = () => {
          handled[exchange] = (handled[exchange] ?? 0) + 1;
        };
        await serve(transport, { topic: topicOf(id), server: exchange, exchange }, { m });
      }
      const client = clientOf(transport, topicOf(id), exA);
      for (let call = 0; call < result.handled_by_exA + result.handled_by_exB; call += 1) await client.call('m');
      expect(Object.values(handled)).toEqual([result.handled_by_exA, result.handled_by_exB]);
    },
  );

  // Deviation from master, which declares a durable exchange once more without durability: a non-durable exchange of
  // that name is used then, and its binding does not outlive the broker.
  it.each(seen<Record<string, unknown>>('exchange_durable_conflict'))('$id', async ({ id, result }) => {
    // Each on a connection of its own, which has not declared the exchange yet.
    const declare = async (exchange: string, durable: boolean) => {
      const transport = await connect();
      const client = createRpcClient(transport, { topic: `${exchange}-t` }, { controlExchange: exchange, durable });
      await client.cast('m');
      await client.close();
    };
    const conflict = (durable: boolean) => ({
      code: 'ERR_LEVERET_CLIENT_SEND',
      outcome: 'not-sent',
      cause: { code: 'ERR_LEVERET_DECLARATION', replyCode: 406 },
      message: expect.stringContaining(`durable '${!durable}', and was declared with '${durable}'`),
    });
    const [durx, ndurx] = [`${topicOf(id)}-durx`, `${topicOf(id)}-ndurx`];
    await declare(durx, true);
    await declare(ndurx, false);
    await expect(declare(durx, false)).rejects.toMatchObject(conflict(false));
    await expect(declare(ndurx, true)).rejects.toMatchObject(conflict(true));
    const [outcome] = result['durable_client_cast_on_nondurable_exchange'] as [string];
    expect(outcome).toBe(id.endsWith('master') ? 'ok' : 'raised');
    const server = createRpcServer(
      await connect(),
      { topic: `${durx}-t`, server: 's' },
      [{ methods: { m: () => 1 } }],
      {
        controlExchange: durx,
      },
    );
    await expect(server.start()).rejects.toMatchObject({ code: 'ERR_LEVERET_DECLARATION', replyCode: 406 });
  });

  it.each(
    seen<Record<'received_after_first_start' | 'cast_while_server_down_received_after_restart', unknown[]>>(
      'cast_to_exchange_without_server',
    ),
  )('$id', async ({ id, result }) => {
    const transport = await connect();
    const client = clientOf(transport, topicOf(id));
    const received: unknown[] = [];
    const methods = { m: ({ value }: { value: unknown }) => void received.push(value) };
    await client.cast('m', { value: 'before' });
    const server = await serve(transport, { topic: topicOf(id), server: 's' }, methods);
    await client.call('m', { value: 'marker' });
    expect(received.splice(0)).toEqual([...result.received_after_first_start, 'marker']);
    await server.stop();
    await client.cast('m', { value: 'while down' });
    await server.start();
    await expect.poll(() => received).toEqual(result.cast_while_server_down_received_after_restart);
  });
});
