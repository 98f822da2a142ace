import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordTelemetry } from '../../test/telemetry-recorder.js';
import { createRpcClient, createRpcServer, type Endpoint, RpcFault } from '../index.js';
import { createRpcTelemetry } from '../otel.js';
import { FakeTransport } from '../testing/fake-transport.js';
import { gate } from '../testing/server-setup.js';

const turn = () => new Promise(setImmediate);

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => {
  context.disable();
});

/** A client and a server on one broker, and what they tell of each other. */
async function setUp(methods: Endpoint['methods'], namespace: string | null = null) {
  const recorder = recordTelemetry();
  const { telemetry, ended, measured } = recorder;
  const transport = new FakeTransport();
  const endpoint = { target: { namespace }, methods };
  const server = createRpcServer(transport, { topic: 'volumes', server: 'host-1' }, [endpoint], {
    middleware: [telemetry.serverMiddleware],
  });
  await server.start();
  const client = createRpcClient(
    transport,
    { topic: 'volumes', namespace },
    { middleware: [telemetry.clientMiddleware], onEvent: telemetry.onClientEvent },
  );
  const end = async (): Promise<void> => {
    await client.close();
    await server.stop();
    await recorder.end();
  };
  return { transport, telemetry, client, tracer: recorder.tracer, ended, measured, end };
}

describe('spans of a call', () => {
  it('are one of the client and one of the server below it, and name neither arguments nor result', async () => {
    const { client, tracer, ended, transport, end } = await setUp({ resize: () => 's3cret' });
    const outer = tracer.startSpan('outer');
    await context.with(trace.setSpan(context.active(), outer), () => client.call('resize', { password: 's3cret' }));
    const [ofServer, ofClient] = ended();
    const { _msg_id: messageId, _unique_id: uniqueId } = JSON.parse(
      (JSON.parse(transport.published[0]?.body ?? '') as Record<string, string>)['oslo.message'] ?? '',
    ) as Record<string, string>;
    const attributes = {
      'rpc.system.name': 'oslo.messaging',
      'rpc.method': 'volumes/resize',
      'messaging.system': 'rabbitmq',
      'messaging.destination.name': 'openstack:volumes',
      'messaging.rabbitmq.destination.routing_key': 'volumes',
      'messaging.message.id': uniqueId,
      'messaging.message.conversation_id': messageId,
    };
    expect(ofClient).toMatchObject({
      name: 'volumes/resize',
      kind: SpanKind.CLIENT,
      status: { code: SpanStatusCode.UNSET },
      parentSpanContext: { spanId: outer.spanContext().spanId },
    });
    expect(ofClient?.attributes).toEqual({
      ...attributes,
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
    });
    expect(ofServer).toMatchObject({
      name: 'volumes/resize',
      kind: SpanKind.SERVER,
      parentSpanContext: { spanId: ofClient?.spanContext().spanId, isRemote: true },
    });
    expect(ofServer?.attributes).toEqual({
      ...attributes,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
    });
    const traceIds = [ofClient, ofServer].map((span) => span?.spanContext().traceId);
    expect(traceIds).toEqual([outer.spanContext().traceId, outer.spanContext().traceId]);
    expect(JSON.stringify([ofClient?.attributes, ofServer?.attributes])).not.toContain('s3cret');
    await end();
  });

  it('are what is active within: in the method, and in what it calls itself', async () => {
    const setting = await setUp({
      size: () => trace.getActiveSpan()?.spanContext().traceId,
      resize: () => setting.client.call('size'),
    });
    const traceId = await setting.client.call('resize');
    const ended = setting.ended();
    expect(ended.map(({ name, kind }) => [name, kind])).toEqual([
      ['volumes/size', SpanKind.SERVER],
      ['volumes/size', SpanKind.CLIENT],
      ['volumes/resize', SpanKind.SERVER],
      ['volumes/resize', SpanKind.CLIENT],
    ]);
    expect(ended.map((span) => span.spanContext().traceId)).toEqual(Array(4).fill(traceId));
    await setting.end();
  });

  it('say what it failed with: the class of the remote error, or a code', async () => {
    const { client, transport, ended, end } = await setUp({
      fail: () => Promise.reject(new RpcFault('VolumeNotFound', 'no v-7', { remoteModule: 'cinder.exception' })),
      range: () => Promise.reject(new RangeError('no')),
    });
    await expect(client.call('fail')).rejects.toThrow();
    await expect(client.call('range')).rejects.toThrow();
    transport.onPublish = () => new Error('gone');
    await expect(client.call('fail')).rejects.toThrow();
    expect(ended().map(({ kind, attributes, status }) => [kind, attributes['error.type'], status])).toEqual([
      [SpanKind.SERVER, 'cinder.exception.VolumeNotFound', { code: SpanStatusCode.ERROR, message: 'no v-7' }],
      [
        SpanKind.CLIENT,
        'cinder.exception.VolumeNotFound',
        { code: SpanStatusCode.ERROR, message: 'Remote error: VolumeNotFound: no v-7' },
      ],
      [SpanKind.SERVER, 'RangeError', { code: SpanStatusCode.ERROR, message: 'no' }],
      [SpanKind.CLIENT, 'ValueError', { code: SpanStatusCode.ERROR, message: 'Remote error: ValueError: no' }],
      [
        SpanKind.CLIENT,
        'ERR_LEVERET_CLIENT_SEND',
        expect.objectContaining({ message: expect.stringContaining("The call could not be sent: 'fail'") }),
      ],
    ]);
    await end();
  });

  it('are not named after methods that a peer makes up', async () => {
    const { client, ended, measured, end } = await setUp({ m: () => 1 });
    await expect(client.call('made-up')).rejects.toThrow();
    expect(ended()[0]).toMatchObject({
      name: 'oslo.messaging',
      attributes: { 'rpc.method': '_OTHER', 'rpc.method_original': 'made-up' },
    });
    expect((await measured())['rpc.server.call.duration']).toEqual([
      [expect.objectContaining({ 'rpc.method': '_OTHER' }), 1],
    ]);
    await end();
  });

  it('are none of a trace that a header only claims to be', async () => {
    const { client, ended, transport, end } = await setUp({ m: () => 1 });
    transport.onPublish = ({ options }) => {
      Object.assign(options.headers ?? {}, { traceparent: 5, tracestate: {} });
    };
    await client.call('m');
    const [ofServer, ofClient] = ended();
    expect(ofServer?.parentSpanContext).toBeUndefined();
    expect(ofServer?.spanContext().traceId).not.toBe(ofClient?.spanContext().traceId);
    await end();
  });
});

describe('spans of a cast', () => {
  it('are one of a producer and one of each consumer', async () => {
    const { client, ended, end } = await setUp({ m: () => 1 }, 'admin');
    await client.cast('m', {}, { server: 'host-1' });
    await client.cast('m', {}, { fanout: true });
    await turn();
    const seen = ended().map(({ name, kind, attributes }) => [
      name,
      kind,
      attributes['messaging.destination.name'],
      attributes['messaging.rabbitmq.destination.routing_key'],
      attributes['rpc.method'],
    ]);
    const named = ['openstack:volumes.host-1', 'volumes.host-1', 'volumes.admin/m'];
    const toAll = ['volumes_fanout', undefined, 'volumes.admin/m'];
    expect(seen).toHaveLength(4);
    expect(seen).toEqual(
      expect.arrayContaining([
        ['publish openstack:volumes', SpanKind.PRODUCER, ...named],
        ['process openstack:volumes', SpanKind.CONSUMER, ...named],
        ['publish volumes_fanout', SpanKind.PRODUCER, ...toAll],
        ['process volumes_fanout', SpanKind.CONSUMER, ...toAll],
      ]),
    );
    await end();
  });

  it('carry baggage along', async () => {
    const seen: unknown[] = [];
    const { client, end } = await setUp({
      m: () => void seen.push(propagation.getActiveBaggage()?.getEntry('tenant')?.value),
    });
    const baggage = propagation.createBaggage({ tenant: { value: 'blue' } });
    await context.with(propagation.setBaggage(context.active(), baggage), () => client.cast('m'));
    await turn();
    expect(seen).toEqual(['blue']);
    await end();
  });
});

describe('metrics', () => {
  it('count what is in flight, and time what has ended', async () => {
    const { promise, open } = gate();
    const { client, measured, end } = await setUp({ m: () => promise, fail: () => Promise.reject(new Error('no')) });
    const system = { 'rpc.system.name': 'oslo.messaging' };
    const first = client.call('m');
    await turn();
    expect(await measured()).toMatchObject({
      'leveret.rpc.client.active_calls': [[system, 1]],
      'leveret.rpc.server.active_requests': [[system, 1]],
    });
    open(1);
    await first;
    await expect(client.call('fail')).rejects.toThrow();
    await client.cast('m');
    await turn();
    const ofMethod = { ...system, 'rpc.method': 'volumes/m' };
    const failed = { ...system, 'rpc.method': 'volumes/fail', 'error.type': 'Exception' };
    const messaging = (name: string, type: string) => ({
      'messaging.system': 'rabbitmq',
      'messaging.operation.name': name,
      'messaging.operation.type': type,
    });
    expect(await measured()).toMatchObject({
      'leveret.rpc.client.active_calls': [[system, 0]],
      'leveret.rpc.server.active_requests': [[system, 0]],
      'rpc.client.call.duration': [
        [ofMethod, 1],
        [failed, 1],
      ],
      'rpc.server.call.duration': [
        [ofMethod, 1],
        [{ ...failed, 'error.type': 'Error' }, 1],
      ],
      'messaging.client.operation.duration': [[messaging('publish', 'send'), 1]],
      'messaging.process.duration': [[messaging('process', 'process'), 1]],
    });
    await end();
  });

  it('count late replies, and not what only says that a method still runs', async () => {
    const { telemetry, measured, end } = await setUp({ m: () => 1 });
    const late = { type: 'reply-ignored', messageId: 'M', late: true, method: 'm', lateMs: 40 } as const;
    telemetry.onClientEvent({ ...late, heartbeat: false });
    telemetry.onClientEvent({ ...late, heartbeat: true });
    telemetry.onClientEvent({ type: 'reply-ignored', messageId: 'M', late: false });
    expect((await measured())['leveret.rpc.client.late_reply.delay']).toEqual([
      [{ 'rpc.system.name': 'oslo.messaging' }, 1],
    ]);
    await end();
  });

  it('count reconnects by what the connection is for, and not the first connect', async () => {
    const { telemetry, measured, end } = await setUp({ m: () => 1 });
    const { onTransportEvent } = telemetry;
    const error = new Error('reset') as never;
    onTransportEvent({ type: 'connection-opened', purpose: 'publish', host: 'h:5672' });
    onTransportEvent({ type: 'connection-opened', purpose: 'consume', host: 'h:5672' });
    expect((await measured())['leveret.transport.reconnects'] ?? []).toEqual([]);
    onTransportEvent({ type: 'connection-lost', purpose: 'consume', host: 'h:5672', error });
    onTransportEvent({ type: 'connection-opened', purpose: 'consume', host: 'h:5672' });
    onTransportEvent({ type: 'connection-opened', purpose: 'consume', host: 'h:5672' });
    expect((await measured())['leveret.transport.reconnects']).toEqual([
      [{ 'leveret.connection.purpose': 'consume' }, 1],
    ]);
    await end();
  });
});

it('without an SDK nothing is recorded, and nothing is sent along', async () => {
  const telemetry = createRpcTelemetry();
  const transport = new FakeTransport();
  const client = createRpcClient(transport, { topic: 't' }, { middleware: [telemetry.clientMiddleware] });
  await client.cast('m');
  expect(transport.published[0]?.options.headers).toEqual({});
});
