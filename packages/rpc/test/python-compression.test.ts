import { type OsloClient, type OsloServer, startOsloClient, startOsloServer } from '@leveret/tooling-oslo';
import { createTransport, type Transport } from '@leveret/transport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer, type RpcClient, type RpcServer } from '../src/index.js';
import { AWKWARD_TEXT, useBroker } from './helpers.js';

describe('compressed messages', () => {
  const broker = useBroker();
  let transport: Transport;
  let client: RpcClient;
  let server: RpcServer;
  let osloServer: OsloServer;
  let osloClient: OsloClient;
  const compressions: unknown[] = [];

  beforeAll(async () => {
    const { url, topic } = broker.setting;
    transport = createTransport(url, { compression: 'gzip' });
    client = createRpcClient(transport, { topic }, { timeoutMs: 10_000 });
    const ours = `${topic}-ours`;
    server = createRpcServer(transport, { topic: ours, server: 's' }, [
      { methods: { echo: ({ value }: Readonly<Record<string, unknown>>) => value } },
    ]);
    const options = { kombu_compression: 'gzip' };
    [osloServer, osloClient] = await Promise.all([
      startOsloServer({ url, topic, server: 'oslo', options }),
      startOsloClient({ url, topic: ours, options }),
      server.start(),
    ]);
    // Bound beside the server's own, it sees what is on the wire.
    const queue = { name: `${topic}-seen`, autoDelete: true };
    const exchange = { name: `${topic}_fanout`, type: 'fanout', autoDelete: true } as const;
    await transport.consume({ queue, bindings: [{ exchange, routingKey: '' }] }, (delivery) => {
      delivery.ack();
      compressions.push(delivery.headers['compression'], delivery.body.subarray(0, 2).toString('hex'));
    });
  });
  afterAll(async () => {
    await Promise.all([osloServer?.kill(), osloClient?.kill(), server?.stop({ drainMs: 0 })]);
    await client?.close();
    await transport?.close();
  });

  it('of our client are understood by oslo.messaging’s server, and its compressed replies by ours', async () => {
    for (const value of [null, AWKWARD_TEXT, AWKWARD_TEXT.repeat(10_000)]) {
      expect(await client.call('echo', { value })).toEqual(value);
    }
  });

  it('of oslo.messaging’s client are understood by our server, and our compressed replies by it', async () => {
    for (const value of [null, AWKWARD_TEXT, AWKWARD_TEXT.repeat(10_000)]) {
      const answer = await osloClient.request({ method: 'echo', args: { value }, timeout: 10 });
      expect(answer).toMatchObject({ ok: true, result: value });
    }
  });

  it('are on the wire what kombu writes: a zlib stream, and a header that calls it gzip', async () => {
    await client.cast('reset_count', {}, { fanout: true });
    await expect.poll(() => compressions, { timeout: 10_000, interval: 20 }).toEqual(['application/x-gzip', '789c']);
  });
});
