import { startTcpProxy } from '@leveret/tooling-rabbitmq';
import { createTransport } from '@leveret/transport';
import { describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer } from '../src/index.js';
import { useBroker } from './helpers.js';

const ids = Array.from({ length: 10 }, (_, id) => id);

describe('ten calls whose caller loses its connection', () => {
  const broker = useBroker();

  /** Ten calls through a network that is reset at the moment `when` resolves; the methods end after that. */
  async function callThroughResets(name: string, when: (runs: () => number) => Promise<void>) {
    const { url, transport } = broker.setting;
    const topic = `${broker.setting.topic}-${name}`;
    const runs: number[] = [];
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const work = async ({ id }: { id: number }) => {
      runs.push(id);
      await gate;
      return id;
    };
    await using server = createRpcServer(transport, { topic, server: 's' }, [{ methods: { work } }]);
    await server.start();
    const { hostname, port } = new URL(url);
    await using proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    await using far = createTransport(proxy.through(url));
    await using client = createRpcClient(far, { topic }, { timeoutMs: 20_000 });
    // So that the calls go out at once, and not when a connection is there.
    await far.connect();
    const calls = Promise.all(ids.map((id) => client.call('work', { id })));
    await when(() => runs.length);
    expect(proxy.reset()).toBeGreaterThan(0);
    open();
    return { answers: await calls, runs: runs.sort((a, b) => a - b) };
  }

  it('while all of them run: ten answers of ten', async () => {
    const { answers, runs } = await callThroughResets('running', async (count) => {
      await expect.poll(count).toBe(ids.length);
    });
    expect([answers, runs]).toEqual([ids, ids]);
  });

  it('in the turn in which they are sent: ten answers of ten, and none runs twice', async () => {
    const { answers, runs } = await callThroughResets('sending', async () => {
      await new Promise(setImmediate);
    });
    expect([answers, runs]).toEqual([ids, ids]);
  });
});
