import { startOsloClient, startOsloServer } from '@leveret/tooling-oslo';
import { createTransport } from '@leveret/transport';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRpcClient, createRpcServer } from '../src/index.js';
import { useBroker } from './helpers.js';

// Two servers of one topic declare the same queue and exchanges: with anything different the second would be refused (406).
describe('our peers and oslo.messaging’s share their entities by one URL', () => {
  const broker = useBroker();

  it.each([
    'rabbit_quorum_queue=true&rabbit_quorum_delivery_limit=5',
    'amqp_durable_queues=true&rabbit_transient_queues_ttl=600',
    'amqp_auto_delete=true&enable_cancel_on_failover=true&rabbit_qos_prefetch_count=7',
    'rabbit_ha_queues=true&amqp_durable_queues=yes&kombu_compression=gzip',
  ])('%s', { timeout: 60_000 }, async (query) => {
    const url = `${broker.setting.url.replace(/^amqp:/, 'rabbit:')}?${query}`;
    const topic = `${broker.setting.topic}-${query.replace(/\W/gu, '-').slice(0, 40)}`;
    // Those of the other cases are declared otherwise.
    const exchange = `${topic}-x`;
    let counted = 0;
    const methods = {
      whoami: () => ({ server: 'ours' }),
      count: ({ by }: { by: number }) => {
        counted += by;
      },
    };
    await using transport = createTransport(url);
    const [theirs, python] = await Promise.all([
      startOsloServer({ url, topic, exchange, server: 'theirs' }),
      startOsloClient({ url, topic, exchange }),
    ]);
    onTestFinished(async () => {
      await Promise.all([theirs.kill(), python.kill()]);
    });
    await using ours = createRpcServer(transport, { topic, server: 'ours' }, [{ methods }], {
      controlExchange: exchange,
    });
    await ours.start();
    await using client = createRpcClient(transport, { topic }, { timeoutMs: 10_000, controlExchange: exchange });
    expect(await client.call('whoami', {}, { server: 'theirs' })).toMatchObject({ server: 'theirs' });
    await client.cast('count', { by: 1 }, { fanout: true });

    expect(await python.request({ method: 'whoami', server: 'ours' })).toMatchObject({
      ok: true,
      result: { server: 'ours' },
    });
    await python.request({ kind: 'fanout', method: 'count', args: { by: 2 } });
    await expect.poll(() => counted).toBe(3);
    await expect.poll(() => client.call('get_count', {}, { server: 'theirs' })).toBe(3);
    expect(theirs.log()).not.toMatch(/PreconditionFailed|406/u);
  });
});
