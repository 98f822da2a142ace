import { deflateSync } from 'node:zlib';
import type { Delivery } from '@leveret/transport';
import { describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer, type RpcServerEvent } from '../src/index.js';
import { useBroker } from './helpers.js';

const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
const json = { contentType: 'application/json' };
const compressed = { ...json, headers: { compression: 'application/x-gzip' } };
const poison: readonly (readonly [string | Buffer, object])[] = [
  ['{"method":', json],
  [deep, json],
  ['{"oslo.version":"9.0","oslo.message":"{}"}', json],
  [Buffer.from([0xff, 0x00]), json],
  ['{}', {}],
  [`{"method":"echo","args":{"a":"${'x'.repeat(200_000)}"}}`, json],
  [deflateSync(Buffer.alloc(5_000_000, ' ')), compressed],
];

describe('a server that gets poison', () => {
  const broker = useBroker();

  it.each([false, true])('tells of each, goes on, and keeps dead letters where it may (%s)', async (keeps) => {
    const { transport } = broker.setting;
    const topic = `${broker.setting.topic}-poison-${keeps}`;
    const events: RpcServerEvent[] = [];
    const letters: Delivery[] = [];
    const morgue = await transport.consume({ queue: { name: `${topic}-morgue`, autoDelete: true } }, (delivery) => {
      letters.push(delivery);
      delivery.ack();
    });
    await using server = createRpcServer(transport, { topic, server: 's' }, [{ methods: { echo: ({ a }) => a } }], {
      maxBodyBytes: 150_000,
      // Each that is not settled would hold the next one up.
      prefetch: 1,
      onEvent: (event) => void events.push(event),
      ...(keeps ? { deadLetter: { routingKey: morgue.queue } } : {}),
    });
    await server.start();
    for (const [body, properties] of poison) await transport.publish({ routingKey: topic }, body, properties);
    await using client = createRpcClient(transport, { topic }, { timeoutMs: 10_000 });
    expect(await client.call('echo', { a: 1 })).toBe(1);
    expect(events.map(({ type }) => type)).toEqual(poison.map(() => 'request-malformed'));
    if (keeps) {
      await expect.poll(() => letters.length).toBe(poison.length);
      expect(letters.map(({ body }) => body)).toEqual(poison.map(([body]) => Buffer.from(body)));
      expect(letters[4]?.headers).toMatchObject({
        'x-leveret-queue': topic,
        'x-leveret-reason': 'The message cannot be read: its content type is missing, not application/json.',
      });
    }
    await morgue.cancel();
  });
});
