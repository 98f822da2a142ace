import { type OsloClient, type OsloServer, startOsloClient, startOsloServer } from '@leveret/tooling-oslo';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createRpcClient, createRpcServer, defineContract, implement, type RpcServer } from '../src/index.js';
import { useBroker } from './helpers.js';

describe('a contract beside oslo.messaging', () => {
  const broker = useBroker();
  const contract = defineContract({
    methods: {
      add: { args: z.object({ a: z.number(), b: z.number() }), result: z.number() },
      whoami: { result: z.object({ server: z.string() }) },
      echo: { args: z.object({ value: z.unknown() }), result: z.string() },
    },
  });
  const ours = defineContract({
    namespace: 'ours',
    version: '1.2',
    methods: {
      double: { args: z.object({ value: z.number() }), result: z.number().max(100) },
    },
  });
  let pythonServer: OsloServer;
  let pythonClient: OsloClient;
  let server: RpcServer;

  beforeAll(async () => {
    const { url, topic, transport } = broker.setting;
    server = createRpcServer(transport, { topic: `${topic}-ours`, server: 'ts' }, [
      implement(ours, { double: ({ value }) => value * 2 }),
    ]);
    [pythonServer, pythonClient] = await Promise.all([
      startOsloServer({ url, topic, server: 's1' }),
      startOsloClient({ url, topic: `${topic}-ours` }),
      server.start(),
    ]);
  });
  afterAll(async () => {
    await Promise.all([pythonServer?.kill(), pythonClient?.kill(), server?.stop({ drainMs: 0 })]);
  });

  it('types and validates what a Python server answers', async () => {
    const { topic, transport } = broker.setting;
    await using client = createRpcClient(transport, { topic }, { contract, timeoutMs: 10_000 });
    const sum: number = await client.call('add', { a: 1, b: 2 });
    expect(sum).toBe(3);
    expect((await client.call('whoami')).server).toBe('s1');
    await expect(client.call('echo', { value: 5 })).rejects.toMatchObject({
      code: 'ERR_LEVERET_RESULT_VALIDATION',
      path: 'result',
    });
  });

  it('tells a Python client of bad arguments as a ValueError, of a bad result as a RuntimeError', async () => {
    const request = { method: 'double', namespace: 'ours', version: '1.1' };
    expect(await pythonClient.request({ ...request, args: { value: 21 } })).toMatchObject({ ok: true, result: 42 });
    const message =
      "The arguments of 'double' do not match its contract: args.value: Invalid input: expected number, received string";
    expect(await pythonClient.request({ ...request, args: { value: 's3cret' } })).toMatchObject({
      ok: false,
      error: { class: 'ValueError', module: 'builtins', str: expect.stringContaining(message) },
    });
    expect(await pythonClient.request({ ...request, args: { value: 51 } })).toMatchObject({
      ok: false,
      error: { class: 'RuntimeError', module: 'builtins', str: expect.stringContaining("The result of 'double'") },
    });
  });
});
