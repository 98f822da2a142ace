import { setTimeout as passing } from 'node:timers/promises';
import { type OwnBroker, startOwnBroker } from '@leveret/tooling-brokers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTransport } from '../src/index.js';
import { EventLog, until } from './helpers.js';

let broker: OwnBroker;

beforeAll(async () => {
  broker = await startOwnBroker();
});
afterAll(() => broker.remove());

const heartbeatMs = 2_000;

it('an event loop that stands still for 1.5 heartbeats costs no connection, and neither does the next', async () => {
  const log = new EventLog();
  await using transport = createTransport(broker.url, { onEvent: log.onEvent, heartbeatMs });
  await transport.connect();
  for (const afterMs of [300, 900]) {
    // Two phases of the broker's checks.
    await passing(afterMs);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1.5 * heartbeatMs);
  }
  // A broker that gave us up has said so by then.
  await passing(1.5 * heartbeatMs);
  await transport.publish({ routingKey: 'nobody' }, 'x');
  expect(log.of('connection-lost')).toEqual([]);
});

it('a broker that blocks publishers goes on beating, and is not given up for four heartbeats', async () => {
  const log = new EventLog();
  await using transport = createTransport(broker.url, { onEvent: log.onEvent, heartbeatMs: 1_000 });
  await transport.connect();
  await broker.raiseMemoryAlarm();
  const held = transport.publish({ routingKey: 'nobody' }, 'x');
  await until(() => log.of('connection-blocked').length > 0);
  await passing(4_000);
  expect(log.of('connection-lost')).toEqual([]);
  await broker.clearMemoryAlarm();
  await held;
});
