import { ArgsValidationError, type RpcServerEvent } from '@leveret/rpc';
import { createTransport, type Transport } from '@leveret/transport';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Broker } from '../../src/broker.ts';
import { type ComputeClient, startComputeClient } from '../../src/compute-client.ts';
import { createComputeServer } from '../../src/compute-server.ts';
import { ConnectionWatch } from '../../src/connection-watch.ts';
import { startEmbeddedBroker } from '../../src/embedded-broker.ts';

const target = { exchange: 'leveret-demo', topic: 'compute' };
const instance = { instance_id: 'vm-1' };
let broker: Broker;
let transport: Transport;
let compute: ComputeClient;
let events: RpcServerEvent[];

beforeEach(async () => {
  broker = await startEmbeddedBroker();
  transport = createTransport(broker.url);
  events = [];
  await createComputeServer(transport, { ...target, server: 'host-1' }, (event) => void events.push(event)).start();
  const watch = new ConnectionWatch();
  compute = await startComputeClient({
    address: broker,
    target,
    watch,
    onAnswersChange: () => {},
    onReplyIgnored: () => {},
  });
});

afterEach(async () => {
  await compute.close();
  await compute.transport.close();
  await transport.close();
  await broker[Symbol.asyncDispose]();
});

it('resizes for the project of its caller, and tells whoever listens', async () => {
  const { client, heard } = compute;
  expect(await client.call('resize', { ...instance, flavor: 'm1.large' })).toEqual({
    ...instance,
    flavor: 'm1.large',
    status: 'RESIZED',
    host: 'host-1',
    project_id: 'demo',
  });
  await expect.poll(() => heard).toEqual({ resizes: 1, again: 0 });
  expect(await client.call('describe', instance)).toMatchObject({ flavor: 'm1.large', status: 'ACTIVE' });
  expect(await client.call('counts')).toMatchObject({ notified: 1, cancelled: 0 });
});

it('ends a resize whose caller gives up, and leaves the instance as it was', async () => {
  const { client } = compute;
  const patience = new AbortController();
  const resizing = client.call('resize', { ...instance, flavor: 'm1.xlarge' }, { signal: patience.signal });
  const reason = new Error('too slow');
  // What is asked after it is answered while it runs.
  await client.call('describe', instance);
  patience.abort(reason);
  await expect(resizing).rejects.toBe(reason);
  await expect.poll(() => events).toMatchObject([{ type: 'request-cancelled', method: 'resize', by: 'abort' }]);
  expect(await client.call('counts')).toMatchObject({ notified: 0, cancelled: 1 });
  expect(await client.call('describe', instance)).toMatchObject({ flavor: 'm1.small' });
});

it('is not asked for a flavor that it does not have', async () => {
  const before = await compute.client.call('counts');
  // @ts-expect-error The compiler refuses it, too.
  const asking = compute.client.call('resize', { ...instance, flavor: 'm1.huge' });
  await expect(asking).rejects.toThrow(ArgsValidationError);
  await expect(asking).rejects.toMatchObject({ method: 'resize', path: 'args.flavor' });
  expect(events).toEqual([]);
  expect(await compute.client.call('counts')).toEqual({ ...before, busy_ms: expect.any(Number) });
});

it('lets each request be known by an id of its own', async () => {
  const { client, heard } = compute;
  const flavor = 'm1.medium';
  await Promise.all([client.call('resize', { ...instance, flavor }), client.call('resize', { ...instance, flavor })]);
  await expect.poll(() => heard).toEqual({ resizes: 2, again: 0 });
});
