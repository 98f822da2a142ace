import { createTransport } from '@leveret/transport';
import { describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer } from '../src/index.js';
import { useBroker } from './helpers.js';
import { recordTelemetry } from './telemetry-recorder.js';

/** Telemetry, and how often something was measured: by attributes, in the order of their first time. */
function measuring() {
  const { telemetry, measured, end } = recordTelemetry();
  return {
    telemetry,
    counted: async (name: string) =>
      ((await measured())[name] ?? []).map(([attributes, count]) => ({ ...(attributes as object), count })),
    [Symbol.asyncDispose]: end,
  };
}

describe('telemetry on a real broker', () => {
  const broker = useBroker();

  it('counts a reconnect for each connection that was lost', async () => {
    const { topic, url, control } = broker.setting;
    await using metrics = measuring();
    await using transport = createTransport(url, { onEvent: metrics.telemetry.onTransportEvent });
    await using server = createRpcServer(transport, { topic, server: 'metered' }, [{ methods: { m: () => 1 } }]);
    await using client = createRpcClient(transport, { topic, server: 'metered' }, { timeoutMs: 20_000 });
    await server.start();
    expect(await client.call('m')).toBe(1);
    expect(await metrics.counted('leveret.transport.reconnects')).toEqual([]);
    await control?.closeConnections();
    expect(await client.call('m')).toBe(1);
    // Nobody closes the connections of a broker that is not ours.
    const purposes = control === undefined ? [] : ['consume', 'publish'];
    const reconnects = async () =>
      (await metrics.counted('leveret.transport.reconnects'))
        .map((each) => ({ ...each }) as Record<string, unknown>)
        .toSorted((a, b) =>
          String(a['leveret.connection.purpose']).localeCompare(String(b['leveret.connection.purpose'])),
        );
    await expect
      .poll(reconnects, { timeout: 20_000, interval: 50 })
      .toEqual(purposes.map((purpose) => ({ 'leveret.connection.purpose': purpose, count: 1 })));
  });

  it('counts a reply that comes after its call has timed out', async () => {
    const { topic, transport } = broker.setting;
    await using metrics = measuring();
    const { clientMiddleware, onClientEvent } = metrics.telemetry;
    let finish = (_value: unknown): void => {};
    const slow = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    await using server = createRpcServer(transport, { topic, server: 'late' }, [{ methods: { slow } }]);
    const options = { middleware: [clientMiddleware], onEvent: onClientEvent };
    await using client = createRpcClient(transport, { topic, server: 'late' }, options);
    await server.start();
    await expect(client.call('slow', {}, { timeoutMs: 2_000 })).rejects.toMatchObject({ code: 'ERR_LEVERET_TIMEOUT' });
    finish('late');
    await expect
      .poll(() => metrics.counted('leveret.rpc.client.late_reply.delay'), { timeout: 10_000, interval: 20 })
      .toMatchObject([{ count: 1 }]);
    expect(await metrics.counted('rpc.client.call.duration')).toMatchObject([
      { 'rpc.method': `${topic}/slow`, 'error.type': 'ERR_LEVERET_TIMEOUT', count: 1 },
    ]);
  });
});
