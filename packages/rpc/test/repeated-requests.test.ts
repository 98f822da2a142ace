import { createTransport } from '@leveret/transport';
import { describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer, type RpcServerEvent } from '../src/index.js';
import { encodeRequest } from '../src/request.js';
import { useBroker } from './helpers.js';

describe('a request that is delivered three times', () => {
  const broker = useBroker();

  it.each(['before', 'after'] as const)('runs once, acknowledged %s', async (acknowledge) => {
    const { transport } = broker.setting;
    const topic = `${broker.setting.topic}-copies-${acknowledge}`;
    const runs: string[] = [];
    const events: RpcServerEvent[] = [];
    const methods = { run: ({ id }: { id: string }) => void runs.push(id), echo: () => 'done' };
    await using server = createRpcServer(transport, { topic, server: 's' }, [{ methods }], {
      acknowledge,
      onEvent: (event) => void events.push(event),
    });
    await server.start();
    const ids = ['a', 'b', 'c'];
    for (const uniqueId of [...ids, ...ids, ...ids]) {
      const request = { method: 'run', args: { id: uniqueId }, namespace: null, version: null, context: {}, uniqueId };
      await transport.publish({ routingKey: topic }, encodeRequest(request), {
        contentType: 'application/json',
        contentEncoding: 'utf-8',
      });
    }
    await using client = createRpcClient(transport, { topic });
    // Behind all copies in the same queue.
    expect(await client.call('echo')).toBe('done');
    expect(runs).toEqual(ids);
    expect(events).toEqual([...ids, ...ids].map((uniqueId) => ({ type: 'request-repeated', uniqueId })));
  });

  it('runs once, when its server lost the connection each time', async () => {
    const { url, control } = broker.setting;
    const topic = `${broker.setting.topic}-redelivered`;
    await using near = createTransport(url);
    await using far = createTransport(url);
    let runs = 0;
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const run = async () => {
      runs += 1;
      await gate;
      return runs;
    };
    const events: RpcServerEvent[] = [];
    // Not acknowledged while it runs, so that each loss has it delivered again.
    await using server = createRpcServer(near, { topic, server: 's' }, [{ methods: { run } }], {
      acknowledge: 'after',
      onEvent: (event) => void events.push(event),
    });
    await server.start();
    await using client = createRpcClient(far, { topic }, { timeoutMs: 20_000 });
    const answer = client.call('run');
    await expect.poll(() => runs).toBe(1);
    // On a broker that is not ours nobody closes them.
    for (let copies = 1; control !== undefined && copies < 3; copies += 1) {
      await control.closeConnections();
      await expect.poll(() => events.map(({ type }) => type), { timeout: 10_000 }).toHaveLength(copies);
    }
    expect(events.every(({ type }) => type === 'request-repeated')).toBe(true);
    open();
    expect(await answer).toBe(1);
  });
});
