import { createTransport } from '@leveret/transport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer, type RequestInfo, type RpcClient, type RpcServer } from '../src/index.js';
import { useBroker } from './helpers.js';

describe('a call that is given up', () => {
  const broker = useBroker();
  const servers: RpcServer[] = [];
  const started: string[] = [];
  const ended: [string, unknown][] = [];
  const events: string[] = [];
  let client: RpcClient;

  beforeAll(async () => {
    const { topic, transport } = broker.setting;
    for (const server of ['s1', 's2']) {
      const wait = ({ name }: { name: string }, { signal }: RequestInfo) => {
        started.push(name);
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            ended.push([name, signal.reason]);
            reject(signal.reason);
          });
        });
      };
      const options = { concurrency: 1, onEvent: ({ type }: { type: string }) => void events.push(type) };
      servers.push(createRpcServer(transport, { topic, server }, [{ methods: { wait } }], options));
    }
    await Promise.all(servers.map((server) => server.start()));
    client = createRpcClient(transport, { topic }, { timeoutMs: 20_000 });
  });
  afterAll(async () => {
    await client?.close();
    await Promise.all(servers.map((server) => server.stop({ drainMs: 0 })));
  });

  it('ends its method, wherever it runs', async () => {
    const controller = new AbortController();
    const outcome = client
      .call('wait', { name: 'one' }, { signal: controller.signal })
      .catch((error: unknown) => error);
    await expect.poll(() => started).toContain('one');
    controller.abort('enough');
    expect(await outcome).toBe('enough');
    await expect.poll(() => ended).toContainEqual(['one', expect.objectContaining({ name: 'CallCancelledError' })]);
  });

  it('ends its method when its time is over', async () => {
    const outcome = client.call('wait', { name: 'two' }, { server: 's2', timeoutMs: 300 });
    await expect(outcome).rejects.toMatchObject({ code: 'ERR_LEVERET_TIMEOUT', stage: 'reply' });
    await expect.poll(() => ended).toContainEqual(['two', expect.objectContaining({ name: 'DeadlineExceededError' })]);
  });

  it('is not run where it waits for its turn', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const call = (name: string, { signal }: AbortController) =>
      client.call('wait', { name }, { server: 's1', signal }).catch(() => {});
    const running = call('three', first);
    await expect.poll(() => started).toContain('three');
    const waiting = call('four', second);
    second.abort();
    await waiting;
    // This one's cancel comes behind the other's.
    first.abort();
    await running;
    await expect.poll(() => events.filter((type) => type === 'request-cancelled')).toHaveLength(3);
    expect(started).not.toContain('four');
  });

  it('ends its methods when its client is closed', async () => {
    await using transport = createTransport(broker.setting.url);
    const other = createRpcClient(transport, { topic: broker.setting.topic, server: 's1' });
    const outcome = other.call('wait', { name: 'five' }).catch((error: unknown) => error);
    await expect.poll(() => started).toContain('five');
    await other.close();
    expect(await outcome).toMatchObject({ code: 'ERR_LEVERET_CLIENT_CLOSED' });
    await expect.poll(() => ended).toContainEqual(['five', expect.objectContaining({ by: 'close' })]);
  });

  it('ends what its method waits for on a third server', async () => {
    const { topic, transport } = broker.setting;
    const inner = createRpcClient(transport, { topic, server: 's2' });
    const methods = { relay: ({ name }: { name: string }) => inner.call('wait', { name }) };
    await using relay = createRpcServer(transport, { topic: `${topic}-relay`, server: 'r' }, [{ methods }]);
    await relay.start();
    const controller = new AbortController();
    const outcome = client
      .call('relay', { name: 'six' }, { topic: `${topic}-relay`, signal: controller.signal })
      .catch((error: unknown) => error);
    await expect.poll(() => started).toContain('six');
    controller.abort('enough');
    expect(await outcome).toBe('enough');
    await expect.poll(() => ended).toContainEqual(['six', expect.objectContaining({ name: 'CallCancelledError' })]);
    await inner.close();
  });
});
