import { createTransport } from '@leveret/transport';
import { describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer } from '../src/index.js';
import { useBroker } from './helpers.js';

describe('our client and our server on a real broker', () => {
  const broker = useBroker();

  it('come back after every connection is closed, and lose no call', async () => {
    const { topic, url, control } = broker.setting;
    await using near = createTransport(url);
    await using far = createTransport(url);
    let runs = 0;
    const echo = async ({ value }: { value: number }) => {
      runs += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return value;
    };
    await using server = createRpcServer(near, { topic, server: 'own' }, [{ methods: { echo } }]);
    await using client = createRpcClient(far, { topic }, { timeoutMs: 20_000 });
    await server.start();
    const values = Array.from({ length: 300 }, (_, value) => value);
    const calls = values.map((value) => client.call('echo', { value }));
    await expect.poll(() => runs).toBeGreaterThan(20);
    await control?.closeConnections();
    expect(await Promise.all(calls)).toEqual(values);
  });

  it('leave no reply queue and no fanout queue behind', async () => {
    const { topic, transport, url, control } = broker.setting;
    // On a broker that is not ours there is nobody to ask.
    const queues = async () =>
      ((await control?.queues(decodeURIComponent(new URL(url).pathname.slice(1)))) ?? [])
        .map(({ name }) => name)
        .filter((name) => name.startsWith('reply_') || name.startsWith(`${topic}_fanout_`));
    const before = await queues();
    const server = createRpcServer(transport, { topic, server: 'tidy' }, [{ methods: { m: () => 1 } }]);
    const client = createRpcClient(transport, { topic });
    await server.start();
    expect(await client.call('m', {}, { server: 'tidy' })).toBe(1);
    if (control !== undefined) expect(await queues()).toHaveLength(before.length + 2);
    await client.close();
    await server.stop();
    expect(await queues()).toEqual(before);
  });

  it('answer within the time of a delayed acknowledgement of TCP', async () => {
    const { topic, transport } = broker.setting;
    await using server = createRpcServer(transport, { topic, server: 'quick' }, [{ methods: { m: () => 1 } }]);
    await using client = createRpcClient(transport, { topic, server: 'quick' });
    await server.start();
    const times: number[] = [];
    for (let round = 0; round < 30; round += 1) {
      const started = performance.now();
      await client.call('m');
      times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    expect(times[15]).toBeLessThan(40);
  });
});
