import { type OsloClient, type OsloServer, startOsloClient, startOsloServer } from '@leveret/tooling-oslo';
import { context, SpanKind } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer, type RpcServer, type ServerCall } from '../src/index.js';
import { createRpcTelemetry } from '../src/otel.js';
import { useBroker } from './helpers.js';

describe('telemetry beside oslo.messaging', () => {
  const broker = useBroker();
  const spans = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const telemetry = createRpcTelemetry({ tracerProvider, propagator: new W3CTraceContextPropagator() });
  const headers: ServerCall['headers'][] = [];
  let pythonServer: OsloServer;
  let pythonClient: OsloClient;
  let server: RpcServer;

  beforeAll(async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const { url, topic, transport } = broker.setting;
    const see = (call: ServerCall, next: () => Promise<unknown>) => {
      headers.push(call.headers);
      return next();
    };
    const methods = { context: (_args: unknown, request: { context: unknown }) => request.context };
    const options = { middleware: [telemetry.serverMiddleware, see] };
    server = createRpcServer(transport, { topic: `${topic}-ours`, server: 'ts' }, [{ methods }], options);
    [pythonServer, pythonClient] = await Promise.all([
      startOsloServer({ url, topic, server: 's1' }),
      startOsloClient({ url, topic: `${topic}-ours` }),
      server.start(),
    ]);
  });
  afterAll(async () => {
    context.disable();
    await Promise.all([pythonServer?.kill(), pythonClient?.kill(), server?.stop({ drainMs: 0 })]);
  });
  beforeEach(() => {
    spans.reset();
    headers.length = 0;
  });

  it('goes along in headers that a Python server never sees', async () => {
    const { topic, transport } = broker.setting;
    const options = { middleware: [telemetry.clientMiddleware], timeoutMs: 10_000 };
    await using client = createRpcClient(transport, { topic }, options);
    expect(await client.call('context_echo', { x: 1 }, { context: { user: 'bob' } })).toEqual({
      ctxt: { user: 'bob', client_timeout: null },
      kwargs: { x: 1 },
    });
    expect(spans.getFinishedSpans().map(({ name, kind }) => [name, kind])).toEqual([
      [`${topic}/context_echo`, SpanKind.CLIENT],
    ]);
  });

  it('begins a trace at our server when a Python client calls', async () => {
    expect(await pythonClient.request({ method: 'context' })).toMatchObject({ ok: true });
    const [span] = spans.getFinishedSpans();
    expect(span).toMatchObject({ kind: SpanKind.SERVER, name: `${broker.setting.topic}-ours/context` });
    expect(span?.parentSpanContext).toBeUndefined();
    expect(Object.keys(headers[0] ?? {})).not.toContain('traceparent');
  });

  it('links our client and our server by one header, and the context stays what it was', async () => {
    const { topic, transport } = broker.setting;
    const target = { topic: `${topic}-ours` };
    await using client = createRpcClient(transport, target, { middleware: [telemetry.clientMiddleware] });
    expect(await client.call('context')).toEqual({ client_timeout: null });
    const [ofServer, ofClient] = spans.getFinishedSpans();
    expect(ofServer?.parentSpanContext?.spanId).toBe(ofClient?.spanContext().spanId);
    const { traceId, spanId } = ofClient?.spanContext() ?? {};
    expect(headers).toEqual([{ traceparent: `00-${traceId}-${spanId}-01` }]);
  });
});
