import { parseTransportUrl } from '@leveret/url';
import { describe, expect, it } from 'vitest';
import { resolveOptions, type TransportOptions } from './options.js';

type Given = TransportOptions & { readonly url?: string };

describe('resolveOptions', () => {
  it('has a default for everything', () => {
    expect(resolveOptions({ env: false }, '1.2.3')).toMatchObject({
      heartbeatMs: 60_000,
      connectTimeoutMs: 5_000,
      hostOrder: 'shuffle',
      hostFallbackDelayMs: 1_000,
      frameMax: 131_072,
      maxBuffered: { messages: 100_000, bytes: 536_870_912 },
      onFull: 'reject',
      publishTimeoutMs: 30_000,
      compression: 'none',
      clientProperties: { product: 'leveret', version: '1.2.3' },
    });
  });

  it.each([
    ['hearbeatMs', "There is no option 'hearbeatMs' of a transport; did you mean 'heartbeatMs'?"],
    ['heartbeat_ms', "did you mean 'heartbeatMs'?"],
    ['HostOrder', "did you mean 'hostOrder'?"],
    ['heartbeat_timeout_threshold', "did you mean 'heartbeatMs' or 'oslo.heartbeat_timeout_threshold'?"],
    ['rabbitQuorumQueue', "did you mean 'entities.quorum' or 'oslo.rabbit_quorum_queue'?"],
    ['quorum', "did you mean 'entities.quorum'?"],
    ['rpcConnPoolSize', "did you mean 'oslo.rpc_conn_pool_size'?"],
    ['connection_timeout', "did you mean 'connectTimeoutMs'?"],
    ['entities.quorum', "There is no option 'entities.quorum' of a transport; did you mean 'entities.quorum'?"],
    ['frobnicate', "There is no option 'frobnicate' of a transport; there are onEvent, heartbeatMs, "],
    ['__proto__', "There is no option '__proto__' of a transport"],
    ['constructor', "There is no option 'constructor' of a transport"],
  ])('refuses an option %s, and says which there is', (name, words) => {
    const options = Object.fromEntries([[name, 5]]);
    expect(() => resolveOptions(options, '0')).toThrow(words);
  });

  it.each([
    [{ heartbeatMs: -1000 }, 'heartbeatMs must be a whole number from 0 to 65535000'],
    [{ heartbeatMs: 1500 }, 'a multiple of 1000 (AMQP counts in seconds), got 1500.'],
    [{ connectTimeoutMs: 0 }, 'connectTimeoutMs must be a whole number from 1'],
    [{ connectTimeoutMs: '5' as unknown as number }, 'connectTimeoutMs must be a whole number from 1 to 2147483647.'],
    [{ frameMax: 4095 }, 'frameMax must be a whole number from 4096 to 131072, got 4095.'],
    [
      { maxBuffered: Number.NaN },
      'maxBuffered must be a whole number from 1, or an object of such numbers, messages and bytes, got NaN.',
    ],
    [{ maxBuffered: { bytes: 0 } }, 'maxBuffered must be a whole number from 1, or an object'],
    [{ maxBuffered: { byte: 1 } as object }, 'maxBuffered must be a whole number from 1, or an object'],
    [{ compression: 'bzip2' as 'gzip' }, "compression must be 'gzip', 'zlib', 'brotli', 'br'"],
    [{ hostOrder: 'random' as 'given' }, "hostOrder must be 'shuffle' or 'given'."],
    [{ reconnectBackoff: 5 as unknown as number[] }, 'reconnectBackoff must be an iterable of milliseconds, got 5.'],
    [{ onEvent: 'x' as never }, 'onEvent must be a function.'],
    [{ entities: { quorum: 1 as never } }, 'entities.quorum must be true or false, got 1.'],
    [
      { entities: { quorom: true } as object },
      "no option 'entities.quorom' of a transport; did you mean 'entities.quorum'?",
    ],
    [{ entities: [] as object }, 'entities must be an object.'],
    [{ oslo: 'x' as never }, 'oslo must be an object with options of oslo_messaging_rabbit.'],
    [
      { oslo: { heartbeatMs: 1 } as object },
      "'heartbeatMs' is no option of oslo_messaging_rabbit; did you mean 'heartbeat_timeout_threshold'?",
    ],
    [{ oslo: { rabbit_quorum_queue: 'maybe' } }, 'oslo.rabbit_quorum_queue must be true or false.'],
    [
      { oslo: { rabbit_retry_interval: 0 } },
      'oslo.rabbit_retry_interval must be a whole number from 1 to 2147483, got 0.',
    ],
    [{ env: 'x' as never }, 'env must be an object with environment variables, or false.'],
  ])('refuses %o', (options, words) => {
    expect(() => resolveOptions(options, '0')).toThrow(words);
  });

  it.each([
    ['code', { heartbeatMs: 1000 }, 1000],
    ['oslo’s options in code', {}, 2000],
    ['oslo’s options in the URL', { oslo: {} }, 3000],
    ['the environment', { oslo: {}, url: 'rabbit://h/' }, 4000],
    ['the default', { oslo: {}, url: 'rabbit://h/', env: {} }, 60_000],
    ['RabbitMQ’s parameters in the URL', { oslo: {}, url: 'amqp://h/?heartbeat=5' }, 5000],
    ['oslo’s options in code, beside RabbitMQ’s URL', { url: 'amqp://h/?heartbeat=5' }, 2000],
  ])('takes an option from the first place that says something: %s', (_place, given: Given, expected) => {
    const { url = 'rabbit://h/?heartbeat_timeout_threshold=3', ...options } = given;
    const all = {
      oslo: { heartbeat_timeout_threshold: 2 },
      env: { LEVERET_HEARTBEAT_MS: '4000' },
      ...options,
    };
    expect(resolveOptions(all, '0', parseTransportUrl(url)).heartbeatMs).toBe(expected);
  });

  it('takes undefined and empty text for not given', () => {
    const options = {
      heartbeatMs: undefined as never,
      env: { LEVERET_HEARTBEAT_MS: '', LEVERET_FRAME_MAX: '4097' },
      oslo: { heartbeat_timeout_threshold: '', ssl_ca_file: '', kombu_compression: null as never },
    };
    expect(resolveOptions(options, '0')).toMatchObject({ heartbeatMs: 60_000, frameMax: 4097, compression: 'none' });
  });

  it('reads entities from their group, the environment and oslo’s names', () => {
    const { entities } = resolveOptions(
      {
        entities: { autoDelete: true, transientExpiresMs: 5 },
        oslo: { rabbit_transient_queues_ttl: 600, rabbit_quorum_queue: true, rabbit_quorum_delivery_limit: '3' },
        env: { LEVERET_ENTITIES_TRANSIENT_QUORUM: 'yes', LEVERET_ENTITIES_HOST_NAME: 'node1' },
      },
      '0',
    );
    expect(entities).toEqual({
      durable: false,
      autoDelete: true,
      quorum: true,
      transientQuorum: true,
      quorumDeliveryLimit: 3,
      quorumMaxMemoryLength: 0,
      quorumMaxMemoryBytes: 0,
      mirrored: false,
      transientExpiresMs: 5,
      streamFanout: false,
      cancelOnFailover: false,
      queueManager: false,
      hostName: 'node1',
      processName: expect.stringMatching(/./),
    });
  });

  it.each<[TransportOptions, string]>([
    [{ oslo: { rabbit_quorum_queue: true, rabbit_ha_queues: true } }, 'a quorum queue or mirrored, not both'],
    [{ entities: { transientQuorum: true, mirrored: true } }, 'a quorum queue or mirrored, not both'],
    [{ oslo: { rabbit_stream_fanout: true, rabbit_transient_quorum_queue: true } }, 'rabbit_qos_prefetch_count'],
    [{ entities: { streamFanout: true, transientQuorum: true }, prefetch: 0 }, 'greater than 0'],
    [{ entities: { streamFanout: true }, prefetch: 10 }, 'needs rabbit_transient_quorum_queue'],
    [{ oslo: { rpc_conn_pool_size: 1 } }, 'must not be less than conn_pool_min_size, 2'],
  ])('refuses %j, as oslo.messaging does', (options, words) => {
    expect(() => resolveOptions({ env: {}, ...options }, '0')).toThrow(/^Configuration Error: /);
    expect(() => resolveOptions({ env: {}, ...options }, '0')).toThrow(words);
  });

  it('tells which options have no effect, and why', () => {
    const events: unknown[] = [];
    const url = parseTransportUrl('rabbit://h/?rpc_conn_pool_size=10&heartbeat_timeout_threshold=10');
    resolveOptions({ onEvent: (event) => events.push(event), oslo: { heartbeat_in_pthread: true } }, '0', url);
    expect(events).toEqual([
      { type: 'option-ignored', option: 'rpc_conn_pool_size', reason: expect.stringContaining('no pool') },
      { type: 'option-ignored', option: 'heartbeat_in_pthread', reason: expect.stringContaining('no thread') },
    ]);
  });

  it('keeps a listener that throws away from the connection', () => {
    const { emit } = resolveOptions(
      {
        onEvent: () => {
          throw new Error('in the listener');
        },
      },
      '0',
    );
    expect(() => emit({ type: 'connection-opened', purpose: 'publish', host: 'b:5672' })).not.toThrow();
  });
});
