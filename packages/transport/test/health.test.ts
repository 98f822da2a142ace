import { type OwnBroker, startOwnBroker } from '@leveret/tooling-brokers';
import { uniqueName } from '@leveret/tooling-rabbitmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTransport } from '../src/index.js';
import { until } from './helpers.js';

let broker: OwnBroker;

beforeAll(async () => {
  broker = await startOwnBroker();
});
afterAll(() => broker.remove());

describe('health', () => {
  it('is live at once, ready when connected, and neither when closed', async () => {
    const transport = createTransport(broker.url);
    expect(transport.health()).toMatchObject({ live: true, ready: false });
    await transport.connect();
    expect(transport.health()).toMatchObject({
      live: true,
      ready: true,
      reasons: { live: [], ready: [] },
      roundTrip: { publish: { ms: expect.any(Number), ageMs: expect.any(Number) } },
    });
    const closed = transport.close();
    expect(transport.health()).toMatchObject({ live: true, ready: false });
    await closed;
    expect(transport.health()).toMatchObject({ live: false, ready: false });
  });

  it('stays live and is not ready while the broker is away', async () => {
    await using transport = createTransport(broker.url);
    await transport.connect();
    await broker.closeConnections();
    await until(() => !transport.health().ready);
    const { live, reasons } = transport.health();
    expect(live).toBe(true);
    expect(reasons.ready.join()).toMatch(/The connection to (publish|consume) is (away|being made)/);
    await until(() => transport.health().ready);
  });
});

describe('a health check', () => {
  it('asks the broker on both connections, and finds every consumed queue', async () => {
    await using transport = createTransport(broker.url);
    await transport.connect();
    await transport.consume({ queue: { name: uniqueName('checked'), autoDelete: true } }, () => {});
    await transport.consume({ queue: { name: '', exclusive: true } }, () => {});
    const before = performance.now();
    const { ready, reasons, roundTrip } = await transport.checkHealth();
    const tookMs = performance.now() - before;
    expect({ ready, reasons }).toEqual({ ready: true, reasons: { live: [], ready: [] } });
    for (const measured of [roundTrip.publish, roundTrip.consume]) {
      expect(measured?.ms).toBeGreaterThan(0);
      expect(measured?.ageMs).toBeLessThanOrEqual(tookMs);
    }
    // The channels it used are gone again.
    await until(async () => (await broker.connections('/')).every(({ channels }) => channels <= 3));
    expect(transport.state).toMatchObject({ publish: { status: 'open' }, consume: { status: 'open' } });
  });

  it('asks nobody while nothing is connected', async () => {
    await using transport = createTransport(broker.url);
    expect(await transport.checkHealth()).toMatchObject({ live: true, ready: false });
    expect(transport.state.publish.status).toBe('idle');
  });

  it('says that a broker that stands still does not answer, and leaves the connections alone', async () => {
    const transport = createTransport(broker.url);
    await transport.connect();
    await broker.freeze();
    try {
      expect(transport.health().ready).toBe(true);
      const { ready, live, reasons } = await transport.checkHealth({ timeoutMs: 100 });
      const reason = `127.0.0.1:${broker.port} did not answer within 100 ms.`;
      expect({ ready, live, reasons }).toEqual({
        ready: false,
        live: true,
        reasons: { live: [], ready: [reason, reason] },
      });
      const enough = new Error('enough');
      const aborted = new AbortController();
      const checked = transport.checkHealth({ signal: aborted.signal });
      aborted.abort(enough);
      await expect(checked).rejects.toBe(enough);
    } finally {
      broker.thaw();
    }
    expect(await transport.checkHealth()).toMatchObject({ ready: true });
    await transport.close();
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a limit that is none: %d', async (timeoutMs) => {
    await using transport = createTransport(broker.url);
    await expect(transport.checkHealth({ timeoutMs })).rejects.toMatchObject({ code: 'ERR_LEVERET_INVALID_ARGUMENT' });
  });
});
