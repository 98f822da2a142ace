import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { brokerInTest, rawClient, until } from '../test/broker-in-test.js';

const HEARTBEAT = Buffer.from([8, 0, 0, 0, 0, 0, 0, 0xce]);

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => void vi.useRealTimers());

describe('heartbeats', () => {
  it('are sent where nothing else is, every half interval', async () => {
    const { broker } = await brokerInTest();
    const client = await rawClient(broker, { tune: { heartbeat: 2 } });
    vi.advanceTimersByTime(1_000);
    expect(await client.octets(8)).toEqual(HEARTBEAT);
    client.write(HEARTBEAT);
    vi.advanceTimersByTime(1_000);
    expect(await client.octets(8)).toEqual(HEARTBEAT);
  });

  it('end a client that was silent for two and a half', async () => {
    const { broker, reasons } = await brokerInTest();
    const client = await rawClient(broker, { tune: { heartbeat: 2 } });
    vi.advanceTimersByTime(5_000);
    expect(broker.connections()).toHaveLength(1);
    vi.advanceTimersByTime(1_000);
    await client.rest();
    await until(() => reasons().length === 1);
    expect(reasons()).toEqual(['no heartbeat came for 6000 ms']);
  });

  it('do not end a client whose octets lie unread because this process stood still', async () => {
    const { broker } = await brokerInTest();
    const client = await rawClient(broker, { tune: { heartbeat: 2 } });
    const before = broker.connections()[0]?.framesReceived ?? 0;
    // Timers come first in a turn of the event loop, sockets after them: as when it goes on after a breakpoint.
    await delay(1);
    client.write(HEARTBEAT);
    vi.advanceTimersByTime(60_000);
    await until(() => broker.connections()[0]?.framesReceived === before + 1);
    await client.ask(1, 'basic.qos');
  });

  it('are not expected where none were agreed upon, or from whom the broker does not read', async () => {
    const { broker } = await brokerInTest();
    const client = await rawClient(broker);
    const clientProperties = { connection_name: 'frozen' };
    const frozen = await rawClient(broker, { clientProperties, tune: { heartbeat: 2 } });
    const fault = broker.faults.freeze('frozen');
    vi.advanceTimersByTime(100_000);
    await client.ask(1, 'basic.qos');
    expect(broker.connections()).toHaveLength(2);
    fault.stop();
    expect((await frozen.octets(8)).length).toBe(8);
  });
});
