import { useRabbitmq } from '@leveret/tooling-rabbitmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ensureOslo,
  type OsloClient,
  type OsloServer,
  runOsloPeer,
  startOsloClient,
  startOsloNotifier,
  startOsloServer,
  startPeer,
} from '../src/index.ts';

describe('a Python client and a Python server', () => {
  const topic = 'interop';
  let url: string;
  let server: OsloServer;
  let client: OsloClient;

  beforeAll(async () => {
    url = (await (await useRabbitmq()).virtualHostForTestFile()).url;
    [server, client] = await Promise.all([
      startOsloServer({ url, topic, server: 's1' }),
      startOsloClient({ url, topic }),
    ]);
  });

  afterAll(() => Promise.all([server?.kill(), client?.kill()]));

  it('know their oslo.messaging', async () => {
    const { version } = await ensureOslo();
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(server.lines()[0]).toMatchObject({ ready: true, topic, server: 's1', exchange: 'openstack', oslo: version });
  });

  it('call, with values and context', async () => {
    const value = { text: 'für 😀', list: [1, null, true], nested: { a: 0.5 } };
    expect(await client.request({ method: 'echo', args: { value } })).toMatchObject({ ok: true, result: value });
    expect(await client.request({ method: 'add', args: { a: 1, b: 2 } })).toMatchObject({ ok: true, result: 3 });
    expect(await client.request({ method: 'nothing' })).toMatchObject({ ok: true, result: null });
    const { ok, result } = (await client.request({
      method: 'context_echo',
      context: { user: 'bob' },
      args: { x: 1 },
    })) as {
      ok: boolean;
      result: unknown;
    };
    expect([ok, result]).toEqual([true, { ctxt: expect.objectContaining({ user: 'bob' }), kwargs: { x: 1 } }]);
  });

  it('call by namespace, version and server', async () => {
    const calc = { namespace: 'calc', method: 'mul', args: { a: 2, b: 3 } };
    expect(await client.request({ ...calc, version: '2.1' })).toMatchObject({ result: 6 });
    expect(await client.request({ ...calc, version: '1.0' })).toMatchObject({ result: 'old:6' });
    expect(await client.request({ method: 'whoami', server: 's1' })).toMatchObject({
      result: { server: 's1', pid: server.pid },
    });
  });

  it('cast and fan out', async () => {
    await client.request({ method: 'reset_count' });
    const counts = [
      { kind: 'cast', by: 3 },
      { kind: 'cast', by: 2, server: 's1' },
      { kind: 'fanout', by: 4 },
    ] as const;
    for (const { by, ...request } of counts) {
      expect(await client.request({ ...request, method: 'count', args: { by } })).toMatchObject({
        ok: true,
        result: null,
      });
    }
    await expect
      .poll(async () => await client.request({ method: 'get_count' }), { timeout: 10_000, interval: 20 })
      .toMatchObject({ result: 9 });
  });

  it('fail in every way', async () => {
    // Python's own exceptions are raised again as what they are; others are a RemoteError, unless their module is allowed.
    expect(await client.request({ method: 'fail', args: { message: 'boom' } })).toMatchObject({
      ok: false,
      error: { class: 'ValueError', module: 'builtins', str: expect.stringMatching(/^boom\nTraceback/) },
    });
    expect(await client.request({ method: 'fail_key' })).toMatchObject({ error: { class: 'KeyError' } });
    expect(await client.request({ method: 'fail_expected' })).toMatchObject({ error: { class: 'ValueError' } });
    expect(await client.request({ method: 'nope', exmods: ['oslo_messaging.rpc.dispatcher'] })).toMatchObject({
      error: { class: 'NoSuchMethod_Remote', exc_type: null },
    });
    expect(await client.request({ method: 'fail_custom' })).toMatchObject({
      error: { class: 'RemoteError', exc_type: 'CustomError', value: 'custom failure: because' },
    });
    expect(await client.request({ method: 'nope' })).toMatchObject({ error: { exc_type: 'NoSuchMethod' } });
    expect(await client.request({ method: '_private' })).toMatchObject({ error: { exc_type: 'NoSuchMethod' } });
    expect(await client.request({ method: 'echo', version: '9.9' })).toMatchObject({
      error: { exc_type: 'UnsupportedVersion' },
    });
    expect(await client.request({ method: 'slow', args: { seconds: 2 }, timeout: 1 })).toMatchObject({
      error: { class: 'MessagingTimeout' },
    });
    expect(await client.request({ method: 'echo', server: 'nobody', at_least_once: true })).toMatchObject({
      error: { class: 'MessageUndeliverable' },
    });
  });

  it('work side by side', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, value) => client.request({ method: 'echo', args: { value } })),
    );
    expect(answers.map((answer) => answer.ok && answer.result)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const [line] = await runOsloPeer('bench_client', { url, topic, args: ['-n', '20', '-c', '2'] });
    expect(line).toMatchObject({ ok: 20, errors: 0 });
  });

  it('serve the demo', async () => {
    await using compute = await startOsloServer({
      url,
      topic: 'compute',
      server: 'host-py',
      program: 'compute_server',
    });
    const ask = (method: string, args: Record<string, unknown> = {}, kind: 'call' | 'cast' | 'fanout' = 'call') =>
      client.request({ topic: 'compute', kind, method, args });
    expect(await ask('resize', { instance_id: 'i-1', flavor: 'm1.large' })).toMatchObject({
      result: { instance_id: 'i-1', host: 'host-py', flavor: 'm1.large', status: 'RESIZED' },
    });
    expect(await ask('describe', { instance_id: 'i-1' })).toMatchObject({
      result: { instance_id: 'i-1', host: 'host-py', status: 'ACTIVE', flavor: 'm1.large' },
    });
    expect(await ask('fail', { reason: 'no host' })).toMatchObject({
      error: { exc_type: 'InstanceFault', value: 'no host' },
    });
    await ask('refresh', { token: 't' }, 'fanout');
    await ask('reboot', { instance_id: 'i-1', request_id: 'r-1' }, 'cast');
    await expect
      .poll(async () => await ask('counts'), { timeout: 10_000, interval: 20 })
      .toMatchObject({ result: { host: 'host-py', refreshed: 1, rebooted: 1 } });
    expect(compute.log()).toContain('InstanceFault: no host');
  });

  it('notify', async () => {
    await using listener = await startPeer('notify', { url, topic: 'notifications', args: ['listen'] });
    await runOsloPeer('notify', { url, topic: 'notifications', args: ['send', 'info', 'instance.create', '{"id":1}'] });
    expect(await listener.line((line) => line['event_type'] === 'instance.create')).toMatchObject({
      priority: 'info',
      publisher_id: 'py.host1',
      payload: { id: 1 },
    });
  });

  it('notify in batches', async () => {
    await using notifier = await startOsloNotifier({ url, topic: 'batches' });
    for (const n of [1, 2, 3]) await notifier.notify({ priority: 'audit', event_type: 'e', payload: n });
    const args = ['listen', '--batch-size', '2', '--batch-timeout', '0.5'];
    await using listener = await startPeer('notify', { url, topic: 'batches', args });
    await listener.line((line) => line['payload'] === 3);
    const heard = listener.lines().filter((line) => 'batch' in line);
    expect(heard.map(({ payload, batch, priority }) => [payload, batch, priority])).toEqual([
      [1, 1, 'audit'],
      [2, 1, 'audit'],
      [3, 2, 'audit'],
    ]);
  });
});
