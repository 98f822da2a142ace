import { type OsloClient, startOsloClient } from '@leveret/tooling-oslo';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRpcServer, RpcFault, type RpcServer, type RpcServerEvent } from '../src/index.js';
import { AWKWARD_TEXT, useBroker } from './helpers.js';

describe('our servers and oslo.messaging’s client', () => {
  const broker = useBroker();
  const servers: RpcServer[] = [];
  const events: RpcServerEvent[] = [];
  const counts = new Map<string, number>();
  let client: OsloClient;

  function endpointsOf(server: string) {
    const calc = (version: string, word: string) => ({
      target: { namespace: 'calc', version, legacyNamespaces: word === '' ? ['oldcalc'] : [] },
      methods: { mul: ({ a, b }: { a: number; b: number }) => `${word}${a * b}` },
    });
    const methods = {
      echo: ({ value }: { value: unknown }) => value,
      nothing: () => undefined,
      whoami: () => server,
      context: (_args: unknown, request: { context: unknown }) => request.context,
      count: ({ by }: { by: number }) => void counts.set(server, (counts.get(server) ?? 0) + by),
      slow: ({ ms }: { ms: number }) => new Promise((resolve) => setTimeout(resolve, ms, 'slept')),
      fail: ({ message }: { message: string }) => Promise.reject(new RangeError(message)),
      failPlain: () => Promise.reject(new Error('plain')),
      failCustom: () => Promise.reject(Object.assign(new Error('no volume 7'), { name: 'VolumeNotFound' })),
      failFault: () => Promise.reject(new RpcFault('KeyError', "'k'", { args: ['k'] })),
      failTimeout: () =>
        Promise.reject(new RpcFault('MessagingTimeout', 'late', { remoteModule: 'oslo_messaging.exceptions' })),
      throwText: () => Promise.reject('text'),
      unsendable: () => ({ size: 1n }),
      _private: () => 'hidden',
    };
    return [{ methods }, calc('2.3', ''), calc('1.7', 'old:')];
  }

  beforeAll(async () => {
    const { url, topic, transport } = broker.setting;
    servers.push(
      ...['s1', 's2'].map((server) =>
        createRpcServer(transport, { topic, server }, endpointsOf(server), {
          ping: true,
          onEvent: (event) => void events.push(event),
        }),
      ),
    );
    const [started] = await Promise.all([startOsloClient({ url, topic }), ...servers.map((server) => server.start())]);
    client = started;
  });
  afterAll(async () => {
    await client?.kill();
    await Promise.all(servers.map((server) => server.stop({ drainMs: 0 })));
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['false', false],
    ['zero', 0],
    ['an empty object', {}],
    ['nested values', [1, 'a', null, { b: [true, 0.5] }]],
    ['awkward text', AWKWARD_TEXT],
    ['awkward keys', { [AWKWARD_TEXT]: { '': 1 } }],
    ['a megabyte', `"\\ü${AWKWARD_TEXT}`.repeat(20_000)],
  ])('answer %s', async (_name, value) => {
    expect(await client.request({ method: 'echo', args: { value }, timeout: 10 })).toMatchObject({
      ok: true,
      result: value,
    });
  });

  it('answer null when a method returns nothing, and pong', async () => {
    expect(await client.request({ method: 'nothing' })).toMatchObject({ ok: true, result: null });
    expect(await client.request({ method: 'oslo_rpc_server_ping' })).toMatchObject({ ok: true, result: 'pong' });
  });

  it('answer by name, namespace and version', async () => {
    for (const server of ['s1', 's2']) {
      expect(await client.request({ method: 'whoami', server })).toMatchObject({ result: server });
    }
    const mul = { method: 'mul', args: { a: 2, b: 3 } };
    expect(await client.request({ ...mul, namespace: 'calc', version: '2.1' })).toMatchObject({ result: '6' });
    expect(await client.request({ ...mul, namespace: 'calc', version: '1.3' })).toMatchObject({ result: 'old:6' });
    expect(await client.request({ ...mul, namespace: 'oldcalc', version: '2.0' })).toMatchObject({ result: '6' });
  });

  it('see the context', async () => {
    const context = { user: 'bob', roles: ['a'], deep: { x: [1] }, n: null };
    expect(await client.request({ method: 'context', context })).toMatchObject({
      result: { ...context, client_timeout: null },
    });
  });

  it('take casts: any, one, all', async () => {
    await client.request({ kind: 'cast', method: 'count', args: { by: 100 } });
    await client.request({ kind: 'cast', method: 'count', args: { by: 10 }, server: 's1' });
    await client.request({ kind: 'fanout', method: 'count', args: { by: 1 } });
    const total = () => [...counts.values()].reduce((sum, each) => sum + each, 0);
    await expect.poll(total, { timeout: 10_000, interval: 20 }).toBe(112);
  });

  it('fail with types that Python catches', async () => {
    expect(await client.request({ method: 'fail', args: { message: AWKWARD_TEXT } })).toMatchObject({
      ok: false,
      error: {
        class: 'ValueError',
        module: 'builtins',
        str: expect.stringMatching(
          /Traceback \(most recent call last\):\n.*python-client\.test\.ts.*ValueError: für/su,
        ),
      },
    });
    expect(await client.request({ method: 'failPlain' })).toMatchObject({ error: { class: 'Exception' } });
    expect(await client.request({ method: 'failFault' })).toMatchObject({ error: { class: 'KeyError' } });
    expect(await client.request({ method: 'throwText' })).toMatchObject({ error: { class: 'Exception' } });
    expect(await client.request({ method: 'failCustom' })).toMatchObject({
      error: { class: 'RemoteError', exc_type: 'VolumeNotFound', value: 'no volume 7' },
    });
    expect(await client.request({ method: 'failTimeout', exmods: ['oslo_messaging.exceptions'] })).toMatchObject({
      error: { class: 'MessagingTimeout_Remote' },
    });
  });

  it('answer at once when a result cannot be sent', async () => {
    expect(await client.request({ method: 'unsendable' })).toMatchObject({
      error: { class: 'RuntimeError', str: expect.stringContaining('its result.size cannot be sent: it is a bigint') },
    });
  });

  it('have no method that is not theirs', async () => {
    for (const method of ['nope', '_private', 'constructor', 'toString', '__proto__']) {
      expect(await client.request({ method })).toMatchObject({
        error: { exc_type: 'NoSuchMethod', value: `Endpoint does not support RPC method ${method}` },
      });
    }
    const exmods = ['oslo_messaging.rpc.dispatcher'];
    expect(await client.request({ method: 'nope', exmods })).toMatchObject({ error: { class: 'NoSuchMethod_Remote' } });
    expect(await client.request({ method: 'echo', version: '9.9' })).toMatchObject({
      error: {
        exc_type: 'UnsupportedVersion',
        value: 'Endpoint does not support RPC version 9.9. Attempted method: echo',
      },
    });
  });

  it('beat for a call that is monitored', async () => {
    const answer = await client.request({ method: 'slow', args: { ms: 3_200 }, timeout: 20, call_monitor_timeout: 2 });
    expect(answer).toMatchObject({ ok: true, result: 'slept' });
  });

  it('let the client time out', async () => {
    expect(await client.request({ method: 'slow', args: { ms: 1_500 }, timeout: 1 })).toMatchObject({
      error: { class: 'MessagingTimeout' },
    });
  });

  it('are there for a client that wants to know', async () => {
    expect(
      await client.request({ method: 'echo', args: { value: 1 }, server: 's1', at_least_once: true }),
    ).toMatchObject({ result: 1 });
    expect(await client.request({ method: 'echo', server: 'nobody', at_least_once: true })).toMatchObject({
      error: { class: 'MessageUndeliverable' },
    });
  });

  it('took every message that came for a request', () => {
    expect(events.filter(({ type }) => type === 'request-malformed' || type === 'reply-dropped')).toEqual([]);
  });
});
