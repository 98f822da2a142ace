import { createTransport } from '@leveret/transport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer, type Endpoint, type RpcClient, type ServerOptions } from '../src/index.js';
import { useBroker } from './helpers.js';

const range = (length: number) => Array.from({ length }, (_, index) => index);

describe.each(['before', 'after'] as const)(
  'methods that call, acknowledged %s they run, one at a time',
  (acknowledge) => {
    const broker = useBroker();
    const closing: (() => Promise<void>)[] = [];
    const narrow: ServerOptions = { acknowledge, concurrency: 1, prefetch: 1 };
    // A call that waits for itself would end by this, and none of these may take as long.
    const timeoutMs = 15_000;

    async function serve(
      topic: string,
      server: string,
      methods: (client: RpcClient) => Endpoint['methods'],
      more: ServerOptions = {},
    ) {
      const transport = createTransport(broker.setting.url);
      const client = createRpcClient(transport, { topic }, { timeoutMs });
      const rpcServer = createRpcServer(transport, { topic, server }, [{ methods: methods(client) }], {
        ...narrow,
        ...more,
      });
      await rpcServer.start();
      closing.push(async () => {
        await rpcServer.stop({ drainMs: 0 });
        await client.close();
        await transport.close();
      });
    }

    let caller: RpcClient;
    const topic = (name: string) => `${broker.setting.topic}-${acknowledge}-${name}`;
    beforeAll(() => {
      caller = createRpcClient(broker.setting.transport, { topic: 'given with each call' }, { timeoutMs });
      closing.push(() => caller.close());
    });
    afterAll(async () => {
      for (const close of closing.reverse()) await close();
    });

    it('can call their own server, however many do so at once', async () => {
      await serve(topic('self'), 's1', (client) => ({
        outer: async ({ n }) => 1 + Number(await client.call('inner', { n })),
        inner: ({ n }) => n * 10,
      }));
      const calls = range(60).map((n) => caller.call('outer', { n }, { topic: topic('self') }));
      expect(await Promise.all(calls)).toEqual(range(60).map((n) => 10 * n + 1));
    });

    it('can call themselves, twenty deep', async () => {
      await serve(topic('deep'), 's1', (client) => ({
        depth: async ({ left }) => (left === 0 ? 0 : 1 + Number(await client.call('depth', { left: left - 1 }))),
      }));
      expect(await caller.call('depth', { left: 20 }, { topic: topic('deep') })).toBe(20);
    });

    it('can call another server that calls back', async () => {
      const [near, far] = [topic('near'), topic('far')];
      await serve(near, 's1', (client) => ({
        first: ({ n }) => client.call('second', { n }, { topic: far }),
        third: ({ n }) => `${n} was here`,
      }));
      await serve(far, 's2', (client) => ({ second: ({ n }) => client.call('third', { n }, { topic: near }) }));
      const calls = range(40).map((n) => caller.call('first', { n }, { topic: near }));
      expect(await Promise.all(calls)).toEqual(range(40).map((n) => `${n} was here`));
    });

    it('can call two servers of one topic that call each other, under load from both sides', async () => {
      const [left, right] = [topic('left'), topic('right')];
      for (const [own, other] of [
        [left, right],
        [right, left],
      ] as const) {
        for (const server of ['s1', 's2']) {
          await serve(own, server, (client) => ({
            ask: async ({ n }) => Number(await client.call('answer', { n }, { topic: other })) + 1,
            answer: ({ n }) => n,
          }));
        }
      }
      const calls = range(100).map((n) => caller.call('ask', { n }, { topic: n % 2 === 0 ? left : right }));
      expect(await Promise.all(calls)).toEqual(range(100).map((n) => n + 1));
    });

    it('wait for themselves where none may wait beside those that run', async () => {
      const waitingLimit = 0;
      const stuck = topic('stuck');
      const methods = (client: RpcClient) => ({ outer: () => client.call('inner'), inner: () => 1 });
      await serve(stuck, 's1', methods, { waitingLimit });
      const call = caller.call('outer', {}, { topic: stuck, timeoutMs: 300 });
      await expect(call).rejects.toMatchObject({ code: 'ERR_LEVERET_TIMEOUT', stage: 'reply' });
    });
  },
);
