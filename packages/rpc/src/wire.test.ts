import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRpcClient } from './client.js';
import { decodeEnvelope } from './envelope.js';
import { RpcFault } from './remote-errors.js';
import { createRpcServer } from './server.js';
import { FakeTransport } from './testing/fake-transport.js';
import { loadVectors } from './testing/fixtures.js';
import { recordedSending, sendingOf, type WireMessage } from './testing/wire-message.js';

interface MessageCase {
  readonly id: string;
  readonly kind?: string;
  readonly client_args: readonly string[];
  readonly request: WireMessage & { readonly decoded: { 'oslo.message': Record<string, unknown> } };
  readonly replies: readonly WireMessage[];
  /** What the server did on its connections. */
  readonly server_order: readonly string[];
}

const GENERATIONS = ['14.0.3', 'master'] as const;
const vectorsOf = (generation: (typeof GENERATIONS)[number]) => loadVectors<MessageCase>(`messages-${generation}`);

const VOLATILE = new Set(['_msg_id', '_reply_q', '_unique_id']);

/** Ids differ in every run: only that they are there, and their form, counts. */
function settled(message: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(message).map(([key, value]) => [
    key,
    VOLATILE.has(key) ? String(value).replace(/[0-9a-f]{32}$/u, 'ID') : value,
  ]);
}

/** The options of the Python client's command line, as ours. */
function parseArguments(words: readonly string[]) {
  const flags: Record<string, string> = {};
  const rest: string[] = [];
  const left = words[Symbol.iterator]();
  for (const word of left) {
    if (word === '--at-least-once') flags[word] = 'true';
    else if (word.startsWith('--')) flags[word] = String(left.next().value);
    else rest.push(word);
  }
  const [kind = '', method = '', ...args] = rest;
  const options = {
    ...(flags['--server'] === undefined ? {} : { server: flags['--server'] }),
    ...(flags['--namespace'] === undefined ? {} : { namespace: flags['--namespace'] }),
    ...(flags['--version'] === undefined ? {} : { version: flags['--version'] }),
    ...(flags['--context'] === undefined ? {} : { context: JSON.parse(flags['--context']) as Record<string, unknown> }),
    ...(flags['--call-monitor-timeout'] === undefined
      ? {}
      : { callMonitorTimeoutMs: Number(flags['--call-monitor-timeout']) * 1000 }),
    ...(flags['--retry'] === undefined ? {} : { retry: Number(flags['--retry']) }),
    ...(flags['--exchange'] === undefined ? {} : { exchange: flags['--exchange'] }),
    ...(flags['--topic'] === undefined ? {} : { topic: flags['--topic'] }),
    ...(flags['--at-least-once'] === undefined ? {} : { mandatory: true }),
    ...(kind === 'fanout' ? { fanout: true } : {}),
    timeoutMs: Number(flags['--timeout'] ?? 5) * 1000,
  };
  const named = Object.fromEntries(
    args.map((arg) => [arg.slice(0, arg.indexOf('=')), JSON.parse(arg.slice(arg.indexOf('=') + 1))]),
  );
  return { kind, method, options, args: named as Record<string, unknown> };
}

describe.each(GENERATIONS)('a request is what oslo.messaging %s sends', (generation) => {
  const vectors = vectorsOf(generation);
  // What the set-up of the reply queue takes is taken from the expiration: here it takes no time.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('has all its cases', () => expect(vectors).toHaveLength(36));

  // 9007199254740993 does not exist in JavaScript: 9007199254740992 is sent, as JSON.parse has read it.
  it.each(vectors)('$id', async ({ client_args, request }) => {
    const transport = new FakeTransport();
    // Bound, so that a mandatory request finds a queue.
    await transport.consume(
      {
        queue: { name: 'q' },
        bindings: [{ exchange: { name: request.exchange, type: 'topic' }, routingKey: request.routing_key }],
      },
      () => {},
    );
    const client = createRpcClient(transport, { topic: 'interop' });
    const { kind, method, args, options } = parseArguments(client_args);
    if (kind === 'call') {
      const outcome = client.call(method, args, options).catch((error: unknown) => error);
      await new Promise(setImmediate);
      await client.close();
      expect(await outcome).toMatchObject({ code: 'ERR_LEVERET_CLIENT_CLOSED' });
    } else await client.cast(method, args, options);

    const [published, ...more] = transport.published;
    // Beyond oslo, on purpose, and nothing that a Python server could hear: the call was given up, since its client was closed.
    const beyond = kind === 'call' ? [`leveret_cancel.${request.routing_key}`] : [];
    expect(more.map(({ routingKey }) => routingKey)).toEqual(beyond);
    if (published === undefined) throw new Error('Nothing was published.');
    expect(sendingOf(published)).toEqual(recordedSending(request));
    const outer = JSON.parse(published.body) as Record<string, unknown>;
    expect(Object.keys(outer)).toEqual(['oslo.version', 'oslo.message']);
    expect(outer['oslo.version']).toBe('2.0');
    expect(settled(decodeEnvelope(published.body))).toEqual(settled(decodeEnvelope(request.body_utf8)));
  });
});

describe.each(GENERATIONS)('a reply is what oslo.messaging %s sends', (generation) => {
  const vectors = vectorsOf(generation);
  const ORDER = ['basic.deliver', 'basic.ack', 'basic.publish'];
  // These give the same results and failures as the Python server of the vectors; failures differ in their traceback.
  const answers = new Map(vectors.map((each) => [each.id, each]));
  const withReplies = vectors.filter(
    ({ id, replies }) => replies.some(({ decoded }) => decoded) && id !== 'call-monitor',
  );

  it.each(withReplies)('$id', async ({ id, request, server_order }) => {
    const wire = answers.get(id)?.replies.at(-1);
    const expected = wire === undefined ? undefined : decodeEnvelope(wire.body_utf8);
    if (wire === undefined || expected === undefined) throw new Error('The vector has no reply.');
    const { _reply_q: replyQueue, method } = request.decoded['oslo.message'];
    const transport = new FakeTransport();
    transport.declare(String(replyQueue));
    const failure =
      typeof expected['failure'] === 'string' ? (JSON.parse(expected['failure']) as FailureText) : undefined;
    const answer = () => {
      if (failure !== undefined)
        throw new RpcFault(failure.class, failure.message, {
          remoteModule: failure.module,
          args: failure.args,
          kwargs: failure.kwargs,
        });
      return expected['result'];
    };
    const methods = String(method) === 'nope' ? { other: answer } : { [String(method)]: answer };
    const endpoints = [
      { methods },
      ...['1.3', '2.1'].map((version) => ({ target: { namespace: 'calc', version }, methods })),
    ];
    const server = createRpcServer(transport, { topic: 'interop', server: 's1' }, endpoints);
    await server.start();
    let settledBeforeReply: unknown;
    transport.onPublish = () => {
      settledBeforeReply = [...transport.settlements];
    };
    transport.inject('interop', request.body_utf8);
    await new Promise(setImmediate);
    await server.stop();

    const [published, ...more] = transport.published;
    expect(more).toEqual([]);
    if (published === undefined) throw new Error('Nothing was published.');
    expect(settledBeforeReply).toEqual([{ queue: 'interop', action: 'ack' }]);
    // Of the server with another exchange nothing was recorded.
    if (id !== 'exchange-call-server') expect(server_order.map((step) => step.replace(/\(.*/u, ''))).toEqual(ORDER);
    expect(sendingOf(published)).toEqual(recordedSending(wire));
    const reply = decodeEnvelope(published.body);
    expect(reply['_msg_id']).toBe(expected['_msg_id']);
    const { failure: sent, ...rest } = Object.fromEntries(settled(reply));
    const { failure: _ignored, ...expectedRest } = Object.fromEntries(settled(expected));
    expect(Object.keys(reply)).toEqual(Object.keys(expected));
    expect(rest).toEqual(expectedRest);
    if (failure === undefined) return expect(sent).toBeNull();
    const { tb, ...facts } = JSON.parse(String(sent)) as FailureText;
    const { tb: lines, ...expectedFacts } = failure;
    expect(facts).toEqual(expectedFacts);
    expect([tb.at(0), tb.at(-1)]).toEqual([lines.at(0), lines.at(-1)]);
  });
});

// So there is nothing to choose: RPC of either generation is understood by the other.
it('both generations of oslo.messaging write the same requests and replies', () => {
  const withoutTraceback = (message: Readonly<Record<string, unknown>>) => {
    const { failure } = message;
    if (typeof failure !== 'string') return settled({ ...message, result: blankServer(message['result']) });
    return settled({ ...message, failure: { ...(JSON.parse(failure) as FailureText), tb: [] } });
  };
  const plain = ({ body_utf8: body, decoded: _, ...wire }: WireMessage) => ({
    ...wire,
    routing_key: wire.routing_key.replace(/[0-9a-f]{32}$/u, 'ID'),
    message: withoutTraceback(decodeEnvelope(body)),
  });
  const [older, newer] = GENERATIONS.map((generation) =>
    vectorsOf(generation).map(({ id, request, replies, server_order }) => ({
      id,
      request: plain(request),
      replies: replies.filter(({ decoded }) => decoded !== undefined).map(plain),
      server_order,
    })),
  );
  expect(older).toEqual(newer);
});

// Which process answered, and of which version.
function blankServer(result: unknown): unknown {
  return typeof result === 'object' && result !== null && 'oslo' in result ? { ...result, oslo: '', pid: 0 } : result;
}

interface FailureText {
  class: string;
  module: string;
  message: string;
  tb: string[];
  args: unknown[];
  kwargs: Record<string, unknown>;
}
