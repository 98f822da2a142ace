import { type RabbitmqAccess, type RabbitmqControl, startRabbitmq, useRabbitmq } from '@leveret/tooling-rabbitmq';
import { createTransport, type Delivery, type EntityOptions, type Transport } from '@leveret/transport';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createRpcClient, createRpcServer, type RequestInfo, type RpcServerEvent } from '../src/index.js';
import { gate } from '../src/testing/server-setup.js';

// Only RabbitMQ has policies.
describe('a server whose queues have a dead-letter exchange by a policy of the broker', () => {
  let shared: RabbitmqAccess;
  let control: RabbitmqControl;
  let endOwn = async (): Promise<void> => {};

  beforeAll(async () => {
    shared = await useRabbitmq();
    // A broker that is not ours gets no policies.
    const own = shared.control === undefined ? await startRabbitmq() : undefined;
    if (own !== undefined) endOwn = own.remove;
    const ours = own ?? shared.control;
    if (ours === undefined) throw new Error('There is a broker of our own here, or a shared one that is ours.');
    control = ours;
  });
  afterAll(async () => {
    await endOwn();
    await shared?.release();
  });

  async function setUp(entities: EntityOptions): Promise<{ transport: Transport; letters: Delivery[] }> {
    const { name, url } = await control.createVirtualHost();
    await control.evaluate(
      `ok = rabbit_policy:set(<<"${name}">>, <<"dead letters">>, <<"^volumes">>, [{<<"dead-letter-exchange">>, <<"morgue">>}], 0, <<"queues">>, <<"tests">>)`,
    );
    const transport = createTransport(url, { entities, env: false });
    onTestFinished(async () => {
      await transport.close();
      await control.deleteVirtualHost(name);
    });
    const letters: Delivery[] = [];
    const exchange = { name: 'morgue', type: 'fanout' } as const;
    await transport.consume({ queue: { name: 'letters' }, bindings: [{ exchange, routingKey: '' }] }, (delivery) => {
      letters.push(delivery);
      delivery.ack();
    });
    return { transport, letters };
  }

  const kinds = [
    { kind: 'classic', entities: {} },
    { kind: 'quorum', entities: { quorum: true } },
  ];

  it.each(kinds)('leaves what is no request to that exchange, as it came ($kind)', async ({ entities }) => {
    const { transport, letters } = await setUp(entities);
    const events: RpcServerEvent[] = [];
    await using server = createRpcServer(
      transport,
      { topic: 'volumes', server: 's' },
      [{ methods: { echo: ({ a }) => a } }],
      {
        onEvent: (event) => void events.push(event),
      },
    );
    await server.start();
    const headers = { sender: 'nova', attempt: 3 };
    const properties = { contentType: 'text/plain', messageId: 'm-1', correlationId: 'c-1', headers };
    await transport.publish({ routingKey: 'volumes' }, 'not a request', properties);
    await expect.poll(() => letters.length, { timeout: 5_000 }).toBe(1);
    expect(events.map(({ type }) => type)).toEqual(['request-malformed']);
    expect(String(letters[0]?.body)).toBe('not a request');
    expect(letters[0]).toMatchObject({ ...properties, routingKey: 'volumes' });
    const death = { queue: 'volumes', reason: 'rejected', exchange: '', 'routing-keys': ['volumes'], count: 1 };
    expect(letters[0]?.headers['x-death']).toEqual([expect.objectContaining(death)]);
  });

  it.each(kinds)(
    'hands requests that it has not begun back to their queue, not to that exchange ($kind)',
    async ({ entities }) => {
      const { transport, letters } = await setUp(entities);
      const began: number[] = [];
      const hold = gate();
      const work = async ({ id }: { readonly id: number }, { redelivered }: RequestInfo) => {
        began.push(id);
        await hold.promise;
        return redelivered;
      };
      const serve = (server: string) =>
        createRpcServer(transport, { topic: 'volumes', server }, [{ methods: { work } }], { concurrency: 1 });
      await using first = serve('first');
      await first.start();
      await using client = createRpcClient(transport, { topic: 'volumes' }, { timeoutMs: 20_000 });
      const calls = [1, 2, 3].map((id) => client.call('work', { id }));
      await expect.poll(() => began, { timeout: 5_000 }).toEqual([1]);
      const stopping = first.stop();
      await using second = serve('second');
      await second.start();
      hold.open();
      await stopping;
      expect(await Promise.all(calls)).toEqual([false, true, true]);
      expect(began).toEqual([1, 2, 3]);
      expect(letters).toEqual([]);
    },
  );
});
