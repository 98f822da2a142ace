import { describe, expect, it } from 'vitest';
import { createRpcClient } from './client.js';
import { decodeEnvelope, encodeEnvelope } from './envelope.js';
import { createRpcServer } from './server.js';
import { FakeTransport } from './testing/fake-transport.js';
import { loadVectors, type Vector } from './testing/fixtures.js';

describe('a strange message to a server does what it does to oslo.messaging’s', () => {
  interface In {
    body: string;
    properties: { content_type?: string; content_encoding?: string };
  }
  interface Out {
    broker_actions: [string, { routing_key?: string; requeue?: boolean }][];
    endpoint_called_with: string[];
    reply: { result: unknown; failure: [string, string] | null; ending: boolean; _msg_id: string } | null;
  }
  const vectors = loadVectors<Vector<In, Out>>('robustness', 'message_to_server');
  it('has all its cases', () => expect(vectors).toHaveLength(21));

  it.each(vectors)('$id', async ({ in: { body, properties }, out }) => {
    const transport = new FakeTransport();
    transport.declare('reply_raw');
    const calledWith: unknown[] = [];
    const endpoint = {
      methods: {
        echo: ({ value = null }: { value?: unknown }) => {
          calledWith.push(value);
          return value;
        },
      },
    };
    const server = createRpcServer(transport, { topic: 't', server: 's' }, [endpoint]);
    await server.start();
    const { content_type: contentType, content_encoding: contentEncoding } = properties;
    transport.inject('t', body, {
      ...(contentType === undefined ? {} : { contentType }),
      ...(contentEncoding === undefined ? {} : { contentEncoding }),
    });
    await new Promise(setImmediate);
    await server.stop();

    const [first] = out.broker_actions;
    expect(transport.settlements).toEqual([{ queue: 't', action: first?.[0] === 'basic.ack' ? 'ack' : 'reject' }]);
    expect(calledWith.map(asPython)).toEqual(out.endpoint_called_with);
    if (out.reply === null) {
      expect(transport.published).toEqual([]);
      return;
    }
    const [published] = transport.published;
    expect(published?.routingKey).toBe('reply_raw');
    const reply = decodeEnvelope(published?.body ?? '');
    const { result, ending, _msg_id, failure } = out.reply;
    expect(reply).toMatchObject({ result, ending, _msg_id });
    if (failure === null) expect(reply['failure']).toBeNull();
    else expect(JSON.parse(String(reply['failure']))).toMatchObject({ class: failure[0], module: 'builtins' });
  });

  function asPython(value: unknown): string {
    if (value === null) return 'None';
    return typeof value === 'string' ? `'${value}'` : String(value);
  }
});

describe('a strange reply to a client does what it does to oslo.messaging’s', () => {
  interface Out {
    outcome: 'ok' | 'raised';
    result?: unknown;
    raised?: string;
  }
  const vectors = loadVectors<Vector<{ reply_bodies: string[] }, Out>>('robustness', 'reply_to_client');
  // Where Python's own code fails on the reply, and we need not.
  const deviations = new Map<string, unknown>([['reply_to_client:heartbeat without call monitor', 9]]);
  const raised: Record<string, object> = {
    'reply_to_client:failure not json': { code: 'ERR_LEVERET_REMOTE', remoteType: null },
    'reply_to_client:failure minimal JSON string': {
      remoteType: 'ValueError',
      remoteModule: 'builtins',
      remoteMessage: 'm',
    },
    'reply_to_client:failure from javascript': { remoteType: 'RangeError', remoteModule: 'js', remoteMessage: 'm' },
  };
  it('has all its cases', () => expect(vectors).toHaveLength(10));

  it.each(vectors)('$id', async ({ id, in: { reply_bodies: bodies }, out }) => {
    const transport = new FakeTransport();
    const client = createRpcClient(transport, { topic: 't' });
    const outcome = client.call('m').then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    await new Promise(setImmediate);
    const { _msg_id: messageId, _reply_q: queue } = decodeEnvelope(transport.published[0]?.body ?? '');
    const recorded = lastMessageId(bodies);
    for (const body of bodies) transport.inject(String(queue), body.replaceAll(recorded, String(messageId)));
    const ended = await outcome;
    await client.close();
    if (deviations.has(id)) expect([out.outcome, ended]).toEqual(['raised', { result: deviations.get(id) }]);
    else if (out.outcome === 'ok') expect(ended).toEqual({ result: out.result });
    else expect(ended).toMatchObject({ error: raised[id] });
  });

  function lastMessageId(bodies: readonly string[]): string {
    return String(decodeEnvelope(bodies.at(-1) ?? '')['_msg_id']);
  }
});

it('a message in the format 1.0 that says NaN is answered', async () => {
  const transport = new FakeTransport();
  transport.declare('reply_raw');
  const seen: unknown[] = [];
  const endpoint = { methods: { echo: (args: unknown) => void seen.push(args) } };
  await using server = createRpcServer(transport, { topic: 't', server: 's' }, [endpoint]);
  await server.start();
  transport.inject('t', '{"_msg_id": "M", "_reply_q": "reply_raw", "method": "echo", "args": {"value": NaN}}');
  await new Promise(setImmediate);
  expect(seen).toEqual([{ value: Number.NaN }]);
  expect(transport.waiting('reply_raw').map((body) => decodeEnvelope(body)['ending'])).toEqual([true]);
});

it('an envelope that arrives is the envelope that was sent', () => {
  expect(decodeEnvelope(encodeEnvelope({ a: 1 }))).toEqual({ a: 1 });
});
