import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type OsloClient,
  type OsloPeerOptions,
  type OsloServer,
  runOsloPeer,
  startOsloClient,
  startOsloServer,
  startPeer,
} from '@leveret/tooling-oslo';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Broker } from '../src/broker.js';
import { startBroker } from '../src/embedded-broker.js';
import { selfSigned } from './clients/self-signed.js';

const topic = 'interop';

describe('oslo.messaging talks to oslo.messaging', () => {
  let broker: Broker;
  let servers: OsloServer[];
  let client: OsloClient;

  beforeAll(async () => {
    broker = await startBroker();
    // It waits a second otherwise.
    const peer = { url: broker.url, topic, options: { kombu_reconnect_delay: 0.1 } };
    const peers = await Promise.all([
      startOsloClient(peer),
      startOsloServer({ ...peer, server: 's1' }),
      startOsloServer({ ...peer, server: 's2' }),
    ]);
    [client, ...servers] = peers;
  });

  afterAll(async () => {
    await Promise.all([client, ...servers].map((peer) => peer.kill()));
    await broker.close();
  });

  const countsOf = (): Promise<unknown[]> =>
    Promise.all(
      ['s1', 's2'].map(async (server) => {
        const answer = await client.request({ method: 'get_count', server });
        return answer.ok ? answer.result : answer.error;
      }),
    );

  it('in the topology that it declares on RabbitMQ', () => {
    const names = broker.queues().map(({ name }) => name.replace(/[0-9a-f]{32}$/, 'ID'));
    expect(names.sort()).toEqual(['interop', 'interop.s1', 'interop.s2', 'interop_fanout_ID', 'interop_fanout_ID']);
    expect(broker.exchanges().filter(({ name }) => /openstack|interop/.test(name))).toMatchObject([
      { name: 'openstack', type: 'topic', durable: false, autoDelete: false },
      { name: 'interop_fanout', type: 'fanout', durable: false, autoDelete: true },
    ]);
    expect(broker.queues().find(({ name }) => name.startsWith('interop_fanout'))).toMatchObject({
      arguments: { 'x-expires': 1_800_000 },
    });
  });

  it('in calls, with values and context', async () => {
    const value = { text: 'für 😀', list: [1, null, true], nested: { a: 0.5 } };
    expect(await client.request({ method: 'echo', args: { value } })).toMatchObject({ ok: true, result: value });
    expect(await client.request({ method: 'nothing' })).toMatchObject({ ok: true, result: null });
    expect(await client.request({ method: 'whoami', server: 's2' })).toMatchObject({ result: { server: 's2' } });
    expect(await client.request({ method: 'context_echo', context: { user: 'bob' } })).toMatchObject({
      result: { ctxt: { user: 'bob' } },
    });
  });

  it('in calls of two megabytes there and back', async () => {
    const value = 'ü'.repeat(1_000_000);
    expect(await client.request({ method: 'echo', args: { value }, timeout: 20 })).toMatchObject({ result: value });
  });

  it('in 200 calls side by side', async () => {
    const values = Array.from({ length: 200 }, (_, value) => value);
    const answers = await Promise.all(values.map((value) => client.request({ method: 'echo', args: { value } })));
    expect(answers.map((answer) => answer.ok && answer.result)).toEqual(values);
  });

  it('in casts to one, and fanouts to all', async () => {
    await client.request({ kind: 'fanout', method: 'reset_count' });
    for (const by of [1, 10, 100]) await client.request({ kind: 'cast', method: 'count', args: { by }, server: 's1' });
    await client.request({ kind: 'fanout', method: 'count', args: { by: 1_000 } });
    await expect.poll(countsOf, { timeout: 10_000, interval: 20 }).toEqual([1_111, 1_000]);
  });

  it('in exceptions, expected ones and others', async () => {
    expect(await client.request({ method: 'fail_expected', args: { message: 'no' } })).toMatchObject({
      ok: false,
      error: { class: 'ValueError', str: expect.stringMatching(/^no\b/) },
    });
    expect(await client.request({ method: 'fail_custom' })).toMatchObject({
      error: { class: 'RemoteError', exc_type: 'CustomError', value: 'custom failure: because' },
    });
    expect(await client.request({ method: 'slow', args: { seconds: 1 }, timeout: 0.3 })).toMatchObject({
      error: { class: 'MessagingTimeout' },
    });
    expect(await client.request({ method: 'echo', server: 'nobody', at_least_once: true })).toMatchObject({
      error: { class: 'MessageUndeliverable' },
    });
  });

  it('in notifications, once more where the listener asks for it', async () => {
    const { url } = broker;
    const args = ['--requeue-first', '1'];
    await using listener = await startPeer('notify', { url, topic: 'notifications', args: ['listen', ...args] });
    await runOsloPeer('notify', { url, topic: 'notifications', args: ['send', 'info', 'instance.create', '{"id":1}'] });
    expect(await listener.line((line) => line['requeued'] === false)).toMatchObject({
      event_type: 'instance.create',
      priority: 'info',
      payload: { id: 1 },
    });
    expect(listener.lines().filter((line) => line['requeued'] === true)).toHaveLength(1);
  });

  it('again after the broker has restarted, and after every connection was reset', async () => {
    await client.request({ kind: 'fanout', method: 'reset_count' });
    // A fanout that is still on its way goes with the restart: its queues are not durable.
    await expect.poll(countsOf, { timeout: 10_000, interval: 20 }).toEqual([0, 0]);
    await broker.restart({ downMs: 200 });
    expect(await client.request({ method: 'add', args: { a: 1, b: 2 }, timeout: 20 })).toMatchObject({ result: 3 });
    // Whoever has come back has its queues again.
    await expect.poll(() => broker.consumers().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(6 + 1);
    broker.faults.resetConnections();
    expect(await client.request({ method: 'add', args: { a: 2, b: 2 }, timeout: 20 })).toMatchObject({ result: 4 });
    await expect.poll(() => broker.consumers().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(6 + 1);
    await client.request({ kind: 'fanout', method: 'count', args: { by: 1 } });
    await expect.poll(countsOf, { timeout: 10_000, interval: 20 }).toEqual([1, 1]);
  }, 60_000);
});

describe('oslo.messaging with its options', () => {
  let broker: Broker;

  beforeAll(async () => {
    broker = await startBroker();
  });

  afterAll(() => broker.close());

  /** A server and a client that share these options, in a virtual host of their own. */
  async function talk(options: NonNullable<OsloPeerOptions['options']>, url: string): Promise<void> {
    const peers = await Promise.all([
      startOsloServer({ url, topic, server: 's1', options }),
      startOsloClient({ url, topic, options }),
    ]);
    onTestFinished(async () => {
      await Promise.all(peers.map((peer) => peer.kill()));
    });
    const [, client] = peers;
    const value = 'für 😀'.repeat(1_000);
    expect(await client.request({ method: 'echo', args: { value }, timeout: 10 })).toMatchObject({ result: value });
    await client.request({ kind: 'fanout', method: 'count' });
    await client.request({ kind: 'cast', method: 'count' });
    await expect
      .poll(() => client.request({ method: 'get_count' }), { timeout: 10_000, interval: 20 })
      .toMatchObject({ result: 2 });
  }

  it('of quorum queues', async () => {
    broker.createVirtualHost('quorum');
    const limits = { rabbit_quorum_delivery_limit: 3, rabbit_quroum_max_memory_length: 100 };
    const options = { rabbit_quorum_queue: true, rabbit_quroum_max_memory_bytes: 1_000_000, ...limits };
    await talk(options, broker.urlOf('quorum'));
    expect(broker.queues('quorum').find(({ name }) => name === topic)).toMatchObject({
      durable: true,
      arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 3 },
    });
  });

  it('of durable queues that delete themselves, and compressed messages', async () => {
    broker.createVirtualHost('durable');
    const options = { amqp_durable_queues: true, amqp_auto_delete: true, kombu_compression: 'gzip' };
    await talk(options, broker.urlOf('durable'));
    expect(broker.queues('durable').find(({ name }) => name === topic)).toMatchObject({
      durable: true,
      autoDelete: true,
    });
    expect(broker.exchanges('durable').find(({ name }) => name === 'openstack')).toMatchObject({
      durable: true,
      autoDelete: true,
    });
  });

  it('of mirrored queues, another login, few unacknowledged messages and direct messages that are not mandatory', async () => {
    broker.createVirtualHost('mirrored');
    await talk(
      {
        rabbit_ha_queues: true,
        rabbit_login_method: 'AMQPLAIN',
        rabbit_qos_prefetch_count: 1,
        rabbit_transient_queues_ttl: 30,
        heartbeat_timeout_threshold: 4,
        enable_cancel_on_failover: true,
        direct_mandatory_flag: false,
      },
      broker.urlOf('mirrored'),
    );
    expect(broker.consumers('mirrored').find(({ queue }) => queue === topic)).toMatchObject({ prefetchCount: 1 });
    expect(broker.connections('mirrored').map(({ heartbeatSeconds }) => heartbeatSeconds)).toContain(4);
  });

  it('of TLS', async () => {
    const tls = selfSigned();
    const folder = await mkdtemp(join(tmpdir(), 'leveret-oslo-'));
    const encrypted = await startBroker({ tls });
    onTestFinished(async () => {
      await encrypted.close();
      await rm(folder, { recursive: true });
    });
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, tls.cert);
    await talk({ ssl: true, ssl_ca_file: ca }, encrypted.url.replace(/^amqps:/, 'amqp:'));
  });
});
