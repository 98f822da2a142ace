import { once } from 'node:events';
import { createServer } from 'node:net';
import { createTransport, type Transport } from '@leveret/transport';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Broker } from '../../src/broker.ts';
import { startEmbeddedBroker } from '../../src/embedded-broker.ts';

let broker: Broker;
let transport: Transport;
let lost: string[];

beforeEach(async () => {
  broker = await startEmbeddedBroker();
  lost = [];
  transport = createTransport(broker.url, {
    onEvent: (event) => {
      if (event.type === 'connection-lost') lost.push(event.error.message);
    },
  });
  await transport.connect();
});

afterEach(async () => {
  await transport.close({ drainMs: 0 });
  await broker[Symbol.asyncDispose]();
});

it('closes connections as an operator does at the first cut', async () => {
  expect(await broker.cut(1)).toEqual({ connections: 2, kind: 'closed' });
  await expect.poll(() => lost).toHaveLength(2);
  expect(lost.join()).toContain('CONNECTION_FORCED - the demo cuts every connection');
});

it('resets those too, at the second cut, that nothing is sent to', async () => {
  expect(await broker.cut(2)).toEqual({ connections: 2, kind: 'mid-frame' });
  await expect.poll(() => lost).toHaveLength(2);
  // Those that have come back are not cut again.
  await transport.connect();
  expect(lost).toHaveLength(2);
});

it('cuts none when there is none', async () => {
  await transport.close();
  expect(await broker.cut(2)).toEqual({ connections: 0, kind: 'mid-frame' });
});

it('names the port that is taken', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  await expect(startEmbeddedBroker(port)).rejects.toThrow(String(port));
  taken.close();
});
