import { createTransport, type TransportOptions } from '@leveret/transport';
import { describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer, type ServerOptions } from '../src/index.js';
import { useBroker } from './helpers.js';

describe('entities on a real broker', () => {
  const broker = useBroker();

  /** A server that collects what is cast to it, on a transport of its own. */
  async function startCollector(server: string, topic: string, options: TransportOptions) {
    const transport = createTransport(broker.setting.url, { env: false, ...options });
    const heard: number[] = [];
    const methods = {
      hear: ({ n }: { n: number }) => {
        heard.push(n);
      },
      whoami: () => server,
    };
    const rpc = createRpcServer(transport, { topic, server }, [{ methods }], { controlExchange: `${topic}-x` });
    await rpc.start();
    return { transport, heard, stop: () => rpc.stop().then(() => transport.close()) };
  }

  it('a fanout stream tells every server, once, through lost connections', async () => {
    const topic = `${broker.setting.topic}-stream`;
    const options: TransportOptions = { prefetch: 10, entities: { streamFanout: true, transientQuorum: true } };
    const servers = await Promise.all(['s1', 's2'].map((server) => startCollector(server, topic, options)));
    await using transport = createTransport(broker.setting.url, { env: false, ...options });
    await using client = createRpcClient(transport, { topic }, { timeoutMs: 20_000, controlExchange: `${topic}-x` });
    // The reply queue is a quorum queue here.
    expect(await client.call('whoami', {}, { server: 's2' })).toBe('s2');
    const numbers = Array.from({ length: 60 }, (_, n) => n);
    for (const n of numbers) {
      await client.cast('hear', { n }, { fanout: true });
      if (n === 20 || n === 40) await broker.setting.control?.closeConnections();
    }
    // A consumer that has lost its connection twice is back within seconds.
    const inTime = { timeout: 15_000, interval: 20 };
    for (const { heard } of servers) await expect.poll(() => heard.toSorted((a, b) => a - b), inTime).toEqual(numbers);
    await Promise.all(servers.map((server) => server.stop()));
  });

  it('a server that declares otherwise than the others is told what differs', async () => {
    const topic = `${broker.setting.topic}-quorum`;
    const first = await startCollector('s1', topic, { oslo: { rabbit_quorum_queue: true } });
    await using transport = createTransport(broker.setting.url, { env: false });
    const startAs = async (options: ServerOptions) => {
      const endpoints = [{ methods: { m: () => 1 } }];
      const controlExchange = `${topic}-x`;
      const server = createRpcServer(transport, { topic, server: 's2' }, endpoints, { controlExchange, ...options });
      await server.start();
      await server.stop();
    };
    await expect(startAs({})).rejects.toMatchObject({
      code: 'ERR_LEVERET_DECLARATION',
      replyCode: 406,
      message: expect.stringContaining(
        `exchange '${topic}-x': it exists with durable 'true', and was declared with 'false'`,
      ),
    });
    // The exchange is the same then, and the queue is not.
    await expect(startAs({ durable: true })).rejects.toMatchObject({
      replyCode: 406,
      message: expect.stringMatching(/queue '.*x-queue-type/u),
    });
    await startAs({ quorum: true });
    await first.stop();
  });
});
