import { type OsloServer, startOsloServer } from '@leveret/tooling-oslo';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRpcClient, type RpcClient } from '../src/index.js';
import { AWKWARD_TEXT, useBroker } from './helpers.js';

// What both languages have in common is in interop-matrix.test.ts.
describe('our client and oslo.messaging’s server', () => {
  const broker = useBroker();
  let server: OsloServer;
  let client: RpcClient;

  beforeAll(async () => {
    const { url, topic, transport } = broker.setting;
    client = createRpcClient(transport, { topic }, { timeoutMs: 10_000 });
    server = await startOsloServer({ url, topic, server: 's1' });
  });
  afterAll(async () => {
    await client?.close();
    await server?.kill();
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
    await expect(client.call('fail_custom', { reason: 'r' })).rejects.toMatchObject({
      remoteType: 'CustomError',
      remoteModule: '__main__',
      remoteMessage: 'custom failure: r',
      kwargs: { reason: 'r' },
    });
    await expect(client.call('add', { a: 1 })).rejects.toMatchObject({ remoteType: 'TypeError' });
  });

  it('learn by its code that a method is missing, or of another version', async () => {
    await expect(client.call('nope')).rejects.toMatchObject({ code: 'ERR_LEVERET_NO_SUCH_METHOD' });
    await expect(client.call('echo', {}, { version: '9.9' })).rejects.toMatchObject({
      code: 'ERR_LEVERET_UNSUPPORTED_VERSION',
    });
  });

  it('time out, and say where the call stood', async () => {
    await expect(client.call('slow', { seconds: 1 }, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'ERR_LEVERET_TIMEOUT',
      stage: 'reply',
      timeoutMs: 200,
    });
    // What servers of ours are told of it, Python does not hear.
    expect(await client.call('echo', { value: 1 })).toBe(1);
    expect(server.log()).not.toContain('leveret');
  });

  it('are told at once that nobody is there to take a cast, when they ask', async () => {
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
