import { type OsloClient, startOsloClient } from '@leveret/tooling-oslo';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRpcServer, type RequestInfo, RpcFault, type RpcServer, type RpcServerEvent } from '../src/index.js';
import { useBroker } from './helpers.js';

// What both languages have in common is in interop-matrix.test.ts.
describe('our server and oslo.messaging’s client', () => {
  const broker = useBroker();
  const events: RpcServerEvent[] = [];
  let server: RpcServer;
  let client: OsloClient;

  const methods = {
    failRange: () => Promise.reject(new RangeError('out of range')),
    failPlain: () => Promise.reject(new Error('plain')),
    failCustom: () => Promise.reject(Object.assign(new Error('no volume 7'), { name: 'VolumeNotFound' })),
    failFault: () => Promise.reject(new RpcFault('KeyError', "'k'", { args: ['k'] })),
    failTimeout: () =>
      Promise.reject(new RpcFault('MessagingTimeout', 'late', { remoteModule: 'oslo_messaging.exceptions' })),
    throwText: () => Promise.reject('text'),
    unsendable: () => ({ size: 1n }),
    remaining: (_args: object, { remainingMs }: RequestInfo) => remainingMs,
    // Later than its caller's own timeout, which ends at about the same time as the signal: an answer could come before it.
    wait: (_args: object, { signal }: RequestInfo) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => void setTimeout(() => reject(signal.reason), 300));
      }),
  };

  beforeAll(async () => {
    const { url, topic, transport } = broker.setting;
    const onEvent = (event: RpcServerEvent) => void events.push(event);
    server = createRpcServer(transport, { topic, server: 's1' }, [{ methods }], { onEvent });
    [client] = await Promise.all([startOsloClient({ url, topic }), server.start()]);
  });
  afterAll(async () => {
    await client?.kill();
    await server.stop({ drainMs: 0 });
  });

  it('fail with types that Python catches', async () => {
    expect(await client.request({ method: 'failRange' })).toMatchObject({
      ok: false,
      error: { class: 'ValueError', module: 'builtins', str: expect.stringMatching(/^out of range\nTraceback/u) },
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
    const exmods = ['oslo_messaging.rpc.dispatcher'];
    expect(await client.request({ method: 'nope', exmods })).toMatchObject({ error: { class: 'NoSuchMethod_Remote' } });
  });

  it('tell it how long they wait, without knowing', async () => {
    const answer = await client.request({ method: 'remaining', timeout: 7 });
    expect(answer).toMatchObject({ ok: true, result: expect.any(Number) });
    const remainingMs = answer.ok ? Number(answer.result) : Number.NaN;
    expect(remainingMs).toBeLessThanOrEqual(7_000);
    expect(remainingMs).toBeGreaterThan(2_000);
  });

  it('have methods end whose caller waits no more', async () => {
    expect(await client.request({ method: 'wait', timeout: 0.5 })).toMatchObject({
      error: { class: 'MessagingTimeout' },
    });
    await expect
      .poll(() => events)
      .toContainEqual({ type: 'request-expired', method: 'wait', uniqueId: expect.any(String), ran: true });
  });

  it('answer at once when a result cannot be sent', async () => {
    expect(await client.request({ method: 'unsendable' })).toMatchObject({
      error: { class: 'RuntimeError', str: expect.stringContaining('its result.size cannot be sent: it is a bigint') },
    });
  });

  it('have no method that is not theirs', async () => {
    for (const method of ['constructor', 'toString', '__proto__']) {
      expect(await client.request({ method })).toMatchObject({
        error: { exc_type: 'NoSuchMethod', value: `Endpoint does not support RPC method ${method}` },
      });
    }
  });

  it('took every message that came for a request', () => {
    expect(events.filter(({ type }) => type === 'request-malformed' || type === 'reply-dropped')).toEqual([]);
  });
});
