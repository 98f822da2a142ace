import { type OsloServer, startOsloServer } from '@leveret/tooling-oslo';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRpcClient, type RpcClient } from '../src/index.js';
import { AWKWARD_TEXT, useBroker } from './helpers.js';

describe('our client and oslo.messaging’s servers', () => {
  const broker = useBroker();
  const servers: OsloServer[] = [];
  let client: RpcClient;

  beforeAll(async () => {
    const { url, topic, transport } = broker.setting;
    client = createRpcClient(transport, { topic }, { timeoutMs: 10_000 });
    servers.push(...(await Promise.all(['s1', 's2'].map((server) => startOsloServer({ url, topic, server })))));
  });
  afterAll(async () => {
    await client?.close();
    await Promise.all(servers.map((server) => server.kill()));
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['false', false],
    ['zero', 0],
    ['an empty string', ''],
    ['an empty list', []],
    ['an empty object', {}],
    ['a fraction', 11.01],
    ['nested values', [1, 'a', null, { b: [true] }]],
    ['awkward text', AWKWARD_TEXT],
    ['awkward keys', { [AWKWARD_TEXT]: { '': 1 } }],
  ])('call with %s, and get it back', async (_name, value) => {
    expect(await client.call('echo', { value })).toEqual(value);
  });

  it('call with a megabyte, and get it back', async () => {
    const value = `"\\ü${AWKWARD_TEXT}`.repeat(20_000);
    expect(value.length).toBeGreaterThan(1_000_000);
    expect(await client.call('echo', { value })).toBe(value);
  });

  it('call one server by name', async () => {
    for (const server of ['s1', 's2']) {
      expect(await client.call('whoami', {}, { server })).toMatchObject({ server });
    }
  });

  it('call by namespace and version', async () => {
    const calc = client.prepare({ namespace: 'calc' });
    expect(await calc.call('mul', { a: 2, b: 3 }, { version: '2.1' })).toBe(6);
    expect(await calc.call('mul', { a: 2, b: 3 }, { version: '1.3' })).toBe('old:6');
    expect(await client.call('where', {}, { namespace: 'oldcalc', version: '2.0' })).toBe('calc 2.3');
  });

  it('tell a context along', async () => {
    const context = { user: 'bob', roles: ['a'], n: null, deep: { x: [1] }, text: AWKWARD_TEXT };
    expect(await client.call('context_echo', { x: 1 }, { context })).toEqual({
      ctxt: { ...context, client_timeout: null },
      kwargs: { x: 1 },
    });
  });

  it('cast to any, to one, and to all', async () => {
    await client.cast('reset_count', {}, { fanout: true });
    await client.cast('count', { by: 100 });
    await client.cast('count', { by: 10 }, { server: 's1' });
    await client.cast('count', { by: 1 }, { fanout: true });
    const total = async () =>
      (await Promise.all(['s1', 's2'].map((server) => client.call('get_count', {}, { server })))).reduce(
        (sum: number, each) => sum + Number(each),
        0,
      );
    await expect.poll(total, { timeout: 10_000, interval: 20 }).toBe(112);
  });

  it('learn what was raised: class, module, message, arguments and traceback', async () => {
    await expect(client.call('fail', { message: AWKWARD_TEXT })).rejects.toMatchObject({
      code: 'ERR_LEVERET_REMOTE',
      remoteType: 'ValueError',
      remoteModule: 'builtins',
      remoteMessage: AWKWARD_TEXT,
      args: [AWKWARD_TEXT],
      kwargs: {},
      remoteTraceback: expect.arrayContaining([
        'Traceback (most recent call last):\n',
        expect.stringMatching(/^ {2}File ".*server\.py", line \d+, in fail\n/u),
      ]),
    });
    await expect(client.call('fail_key', { key: 'k' })).rejects.toMatchObject({
      remoteType: 'KeyError',
      remoteMessage: "'k'",
    });
    await expect(client.call('fail_expected')).rejects.toMatchObject({ remoteType: 'ValueError' });
    await expect(client.call('fail_custom', { reason: 'r' })).rejects.toMatchObject({
      remoteType: 'CustomError',
      remoteModule: '__main__',
      remoteMessage: 'custom failure: r',
      kwargs: { reason: 'r' },
    });
    await expect(client.call('add', { a: 1 })).rejects.toMatchObject({ remoteType: 'TypeError' });
  });

  it('learn that a method is missing, hidden, or of another version', async () => {
    for (const method of ['nope', '_private']) {
      await expect(client.call(method)).rejects.toMatchObject({
        code: 'ERR_LEVERET_NO_SUCH_METHOD',
        message: `Endpoint does not support RPC method ${method}`,
      });
    }
    await expect(client.call('echo', {}, { version: '9.9' })).rejects.toMatchObject({
      code: 'ERR_LEVERET_UNSUPPORTED_VERSION',
      message: 'Endpoint does not support RPC version 9.9. Attempted method: echo',
    });
  });

  it('time out, and ignore the reply that comes then', async () => {
    await expect(client.call('slow', { seconds: 1 }, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'ERR_LEVERET_TIMEOUT',
      stage: 'reply',
      timeoutMs: 200,
    });
    expect(await client.call('echo', { value: 1 })).toBe(1);
  });

  it('follow a long call by its heartbeats', async () => {
    const options = { callMonitorTimeoutMs: 2_000, timeoutMs: 20_000 };
    expect(await client.call('slow', { seconds: 3.2 }, options)).toEqual({ slept: 3.2 });
  });

  it('are told at once that nobody is there, when they ask', async () => {
    await expect(client.call('echo', {}, { server: 'nobody', mandatory: true })).rejects.toMatchObject({
      code: 'ERR_LEVERET_UNDELIVERABLE',
    });
    await expect(client.cast('echo', {}, { server: 'nobody', mandatory: true })).rejects.toMatchObject({
      code: 'ERR_LEVERET_UNDELIVERABLE',
    });
    await client.cast('echo', {}, { server: 'nobody' });
  });

  it('have a hundred calls under way at a time', async () => {
    const values = Array.from({ length: 100 }, (_, value) => value);
    expect(await Promise.all(values.map((value) => client.call('echo', { value })))).toEqual(values);
  });
});
