// What users do with the packages beyond the examples of their READMEs: CommonJS, run by Node as it is.

/** Says that `require` and `import` give the same of each of these modules. */
export function oneInstance(specifiers: readonly string[]): string {
  return `
const assert = require('node:assert');
(async () => {
  for (const specifier of ${JSON.stringify(specifiers)}) {
    const required = require(specifier);
    const imported = await import(specifier);
    const names = Object.keys(imported).filter((name) => name !== 'module.exports');
    assert.ok(names.length > 0, specifier + ' exports nothing');
    for (const name of names) assert.strictEqual(required[name], imported[name], specifier + ' has two of ' + name);
  }
  console.log('one of each');
})();
`;
}

/** Says as JSON, module by module, how `import` and `require` of it fail; an empty text where they do not. */
export function failuresOf(specifiers: readonly string[]): string {
  return `
(async () => {
  const failures = {};
  for (const specifier of ${JSON.stringify(specifiers)}) {
    const imported = await import(specifier).then(() => '', (error) => error.message);
    let required = '';
    try {
      require(specifier);
    } catch (error) {
      required = error.message;
    }
    failures[specifier] = [imported, required];
  }
  console.log(JSON.stringify(failures));
})();
`;
}

/** With undici installed: a server refuses twice, and the interceptor tries again. */
export const withUndici = `
const { createServer } = require('node:http');
const { Agent } = require('undici');
const { constant } = require('@leveret/retry/backoff');
const { retryInterceptor } = require('@leveret/retry/undici');

let requests = 0;
const server = createServer((request, response) => {
  requests += 1;
  response.writeHead(requests < 3 ? 503 : 200).end('done');
});
server.listen(0, '127.0.0.1', async () => {
  const agent = new Agent();
  const dispatcher = agent.compose(retryInterceptor({ retries: 2, backoff: constant(1) }));
  const origin = 'http://127.0.0.1:' + server.address().port;
  const { statusCode, body } = await dispatcher.request({ origin, path: '/', method: 'GET' });
  console.log(statusCode, await body.text(), 'after', requests, 'requests');
  await agent.close();
  server.close();
});
`;

/** With OpenTelemetry's API installed: the spans of a call reach the provider that the application has registered. */
export const withOpenTelemetry = `
const { trace } = require('@opentelemetry/api');
const { createRpcClient, createRpcServer } = require('@leveret/rpc');
const { createRpcTelemetry } = require('@leveret/rpc/otel');
const { createTransport } = require('@leveret/transport');

const spans = [];
const startSpan = (name, options) => {
  spans.push(options.kind + ' ' + name);
  return trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 });
};
trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) });

(async () => {
  const telemetry = createRpcTelemetry();
  const transport = createTransport(process.env.LEVERET_RABBITMQ_URL);
  const target = { topic: 'traced', server: 'host-1' };
  const methods = { resize: () => 'resized' };
  const server = createRpcServer(transport, target, [{ methods }], { middleware: [telemetry.serverMiddleware] });
  await server.start();
  const client = createRpcClient(transport, { topic: 'traced' }, { middleware: [telemetry.clientMiddleware] });
  await client.call('resize', {}, { timeoutMs: 5000 });
  await client.close();
  await server.stop();
  await transport.close();
  console.log(spans.sort().join(', '));
})();
`;

/** One program with all of our packages. */
export const withAll = `
import { startBroker } from '@leveret/broker';
import { negotiate } from '@leveret/heartbeat';
import { retry } from '@leveret/retry';
import { constant } from '@leveret/retry/backoff';
import { createRpcClient, createRpcServer } from '@leveret/rpc';
import { createTransport } from '@leveret/transport';
import { parseTransportUrl } from '@leveret/url';

const broker = await startBroker();
const transport = createTransport(parseTransportUrl(broker.url.replace('amqp:', 'rabbit:')));
let attempts = 0;
const methods = {
  resize: ({ size }) => {
    attempts += 1;
    if (attempts < 3) throw new Error('busy');
    return size;
  },
};
const server = createRpcServer(transport, { topic: 'volumes', server: 'host-1' }, [{ methods }]);
await server.start();
const client = createRpcClient(transport, { topic: 'volumes' });
const call = () => client.call('resize', { size: 20 }, { timeoutMs: 5000 });
const size = await retry(call, { retries: 4, backoff: constant(1) });
console.log('resized to', size, 'after', attempts, 'attempts, a heartbeat every', negotiate(60, 30), 's');
await client.close();
await server.stop();
await transport.close();
await broker.close();
`;
