import { DeclarationError, MessageDeliveryError } from '@leveret/transport';
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { decodeEnvelope } from './envelope.js';
import { type ClientOptions, createRpcClient, type RpcClientEvent } from './index.js';
import { encodeReply } from './reply.js';
import { FakeTransport } from './testing/fake-transport.js';

function setUp(options: ClientOptions = {}) {
  const transport = new FakeTransport();
  const events: RpcClientEvent[] = [];
  const client = createRpcClient(
    transport,
    { topic: 't' },
    { onEvent: (event) => void events.push(event), ...options },
  );
  return { transport, client, events };
}

/** The request that was published last, or as the so many-th. */
function request(transport: FakeTransport, index = -1): Record<string, unknown> {
  return decodeEnvelope(transport.published.at(index)?.body ?? '');
}

function answer(transport: FakeTransport, facts: object = {}, index = -1): void {
  const { _msg_id: messageId, _reply_q: queue } = request(transport, index);
  const reply = { result: null, failure: null, ending: true, messageId: String(messageId), uniqueId: 'u', ...facts };
  transport.inject(String(queue), encodeReply(reply));
}

/** Lets everything happen that needs no time to pass. */
const turn = () => vi.advanceTimersByTimeAsync(0);

afterEach(() => {
  vi.useRealTimers();
});

describe('a call', () => {
  it('resolves by its reply, before its own confirm', async () => {
    const { transport, client } = setUp();
    transport.confirm = new Promise(() => {});
    const result = client.call('m');
    await new Promise(setImmediate);
    answer(transport, { result: { a: 1 } });
    expect(await result).toEqual({ a: 1 });
  });

  it('sets its reply queue up once, for all calls that come meanwhile and later', async () => {
    const { transport, client } = setUp();
    const calls = [client.call('a'), client.call('b'), client.prepare({ topic: 'other' }).call('c')];
    await new Promise(setImmediate);
    for (const index of [0, 1, 2]) answer(transport, { result: index }, index);
    expect(await Promise.all(calls)).toEqual([0, 1, 2]);
    const late = client.call('d');
    await new Promise(setImmediate);
    answer(transport);
    await late;
    expect(transport.consumed.map(({ source }) => source.queue)).toEqual([
      {
        name: expect.stringMatching(/^reply_[0-9a-f]{32}$/u),
        durable: false,
        exclusive: false,
        autoDelete: false,
        arguments: { 'x-expires': 1_800_000 },
      },
    ]);
    expect(transport.settlements.every(({ action }) => action === 'ack')).toBe(true);
  });

  it('publishes nothing before replies can come', async () => {
    const { transport, client } = setUp();
    let begin = (): void => {};
    transport.onConsume = () =>
      new Promise<void>((resolve) => {
        begin = resolve;
      });
    const result = client.call('m');
    await new Promise(setImmediate);
    expect(transport.published).toEqual([]);
    begin();
    await new Promise(setImmediate);
    answer(transport, { result: 1 });
    expect(await result).toBe(1);
  });

  it('whose reply queue cannot be set up fails, and the next call tries again', async () => {
    const { transport, client, events } = setUp();
    const refusal = new DeclarationError(406, 'refused');
    transport.onConsume = () => refusal;
    await expect(client.call('m')).rejects.toMatchObject({
      code: 'ERR_LEVERET_CLIENT_SEND',
      outcome: 'not-sent',
      cause: refusal,
    });
    expect(events).toEqual([{ type: 'reply-queue-failed', queue: expect.any(String), error: refusal }]);
    transport.onConsume = () => undefined;
    const result = client.call('m');
    await new Promise(setImmediate);
    answer(transport, { result: 1 });
    expect(await result).toBe(1);
  });

  it.each([
    ['reply-queue', { onConsume: () => new Promise(() => {}) }],
    ['publish', { confirm: new Promise<void>(() => {}) }],
    ['reply', {}],
  ] as const)('times out once, however far it came: %s', async (stage, obstacle) => {
    vi.useFakeTimers();
    const { transport, client } = setUp({ timeoutMs: 500 });
    Object.assign(transport, obstacle);
    const outcome = client.call('m', {}, { server: 's' }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(499);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toMatchObject({
      code: 'ERR_LEVERET_TIMEOUT',
      method: 'm',
      target: { topic: 't', server: 's' },
      timeoutMs: 500,
      stage,
      message: expect.stringMatching(
        /^The call of 'm' to topic 't', server 's' timed out after 500 ms, (setting|waiting)/u,
      ),
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives what is left of its time to the publish, and no more life to the message', async () => {
    vi.useFakeTimers();
    const { transport, client } = setUp({ timeoutMs: 1000 });
    transport.onConsume = () => new Promise<void>((resolve) => setTimeout(resolve, 300));
    const outcome = client.call('m').catch(() => {});
    await vi.advanceTimersByTimeAsync(300);
    expect(transport.published[0]?.options).toMatchObject({ timeoutMs: 700, expirationMs: 700 });
    await vi.advanceTimersByTimeAsync(700);
    await outcome;
  });

  it('fails when the publish does', async () => {
    const { transport, client } = setUp();
    const lost = new MessageDeliveryError('nacked', { outcome: 'unknown', exchange: 'openstack', routingKey: 't' });
    transport.onPublish = () => lost;
    await expect(client.call('m')).rejects.toMatchObject({
      code: 'ERR_LEVERET_CLIENT_SEND',
      outcome: 'unknown',
      cause: lost,
    });
  });

  it('that is mandatory fails at once when nobody is there', async () => {
    const { client } = setUp();
    await expect(client.call('m', {}, { mandatory: true })).rejects.toMatchObject({
      code: 'ERR_LEVERET_UNDELIVERABLE',
    });
  });

  it('ends the moment its signal fires, with its reason as it is', async () => {
    const { transport, client } = setUp();
    const controller = new AbortController();
    const reason = { mine: true };
    const outcome = client.call('m', {}, { signal: controller.signal }).catch((error: unknown) => error);
    await new Promise(setImmediate);
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    await expect(client.call('m', {}, { signal: controller.signal })).rejects.toBe(reason);
    expect(transport.published).toHaveLength(1);
  });

  it('leaves nothing on its signal', async () => {
    const { transport, client } = setUp();
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    const result = client.call('m', {}, { signal });
    await new Promise(setImmediate);
    answer(transport);
    await result;
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
  });

  it('rejects with what the server answered', async () => {
    const { transport, client } = setUp();
    const result = client.call('m');
    await new Promise(setImmediate);
    answer(transport, {
      failure:
        '{"class": "ValueError", "module": "builtins", "message": "boom", "tb": ["T\\n"], "args": ["boom"], "kwargs": {}}',
    });
    await expect(result).rejects.toMatchObject({
      code: 'ERR_LEVERET_REMOTE',
      message: 'Remote error: ValueError: boom',
      remoteType: 'ValueError',
      remoteModule: 'builtins',
      remoteTraceback: ['T\n'],
      args: ['boom'],
    });
  });

  it('with a call monitor lives as long as the server beats, and its timeout is never extended', async () => {
    vi.useFakeTimers();
    const { transport, client } = setUp({ timeoutMs: 10_000, callMonitorTimeoutMs: 2_500 });
    const outcome = client.call('m').catch((error: unknown) => error);
    await turn();
    expect(request(transport)['_timeout']).toBe(2);
    for (let beat = 0; beat < 3; beat += 1) {
      await vi.advanceTimersByTimeAsync(2_400);
      answer(transport, { ending: false });
      await turn();
    }
    const silent = client.call('n').catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(await silent).toMatchObject({ code: 'ERR_LEVERET_TIMEOUT', stage: 'heartbeat', timeoutMs: 2_500 });
    expect(await outcome).toMatchObject({ code: 'ERR_LEVERET_TIMEOUT', stage: 'heartbeat', timeoutMs: 2_500 });
  });

  it('with a call monitor ends at its timeout although the server beats', async () => {
    vi.useFakeTimers();
    const { transport, client } = setUp({ timeoutMs: 5_000, callMonitorTimeoutMs: 2_000 });
    const outcome = client.call('m').catch((error: unknown) => error);
    for (let beat = 0; beat < 5; beat += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      answer(transport, { ending: false });
    }
    expect(await outcome).toMatchObject({ code: 'ERR_LEVERET_TIMEOUT', stage: 'reply', timeoutMs: 5_000 });
  });

  it('survives a lost connection', async () => {
    const { transport, client } = setUp();
    const result = client.call('m');
    await new Promise(setImmediate);
    transport.loseConnection();
    answer(transport, { result: 'late but there' });
    expect(await result).toBe('late but there');
  });
});

describe('a reply that nobody waits for', () => {
  it('is told, and not an error', async () => {
    vi.useFakeTimers();
    const { transport, client, events } = setUp({ timeoutMs: 100 });
    const outcome = client.call('m').catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(100);
    await outcome;
    answer(transport);
    await turn();
    answer(transport);
    await turn();
    const { _msg_id: messageId, _reply_q: queue } = request(transport);
    transport.inject(String(queue), 'garbage');
    await turn();
    expect(events).toEqual([
      { type: 'reply-ignored', messageId, late: true },
      { type: 'reply-ignored', messageId, late: false },
      { type: 'reply-malformed', error: expect.objectContaining({ code: 'ERR_LEVERET_MALFORMED_MESSAGE' }) },
    ]);
    expect(transport.settlements.map(({ action }) => action)).toEqual(['ack', 'ack', 'reject']);
  });
});

describe('a cast', () => {
  it('resolves when the broker has it, and needs no reply queue', async () => {
    const { transport, client } = setUp();
    await client.cast('m', { a: 1 }, { timeoutMs: 700 });
    expect(transport.consumed).toEqual([]);
    expect(transport.published[0]?.options).toMatchObject({ mandatory: false, timeoutMs: 700 });
    expect(transport.published[0]?.options).not.toHaveProperty('expirationMs');
  });

  it('with fanout is never mandatory', async () => {
    const { transport, client } = setUp();
    await client.cast('m', {}, { fanout: true, mandatory: true });
    expect(transport.published[0]).toMatchObject({
      exchange: 't_fanout',
      routingKey: '',
      options: { mandatory: false },
    });
  });

  it('fails with the method, the target and the cause', async () => {
    const { transport, client } = setUp();
    const cause = new MessageDeliveryError('too late', { outcome: 'not-sent', exchange: 'x', routingKey: 't' });
    transport.onPublish = () => cause;
    await expect(client.cast('m')).rejects.toMatchObject({
      code: 'ERR_LEVERET_CLIENT_SEND',
      message: "The cast could not be sent: 'm' to topic 't'. too late",
      method: 'm',
      outcome: 'not-sent',
      cause,
    });
  });
});

describe('prepare', () => {
  it('keeps what is undefined and clears what is null', async () => {
    const { transport, client } = setUp({ context: { user: 'bob' } });
    const prepared = client.prepare({ server: 's', namespace: 'n', version: '1.1' });
    await prepared.cast('m', {}, { server: undefined, namespace: null, context: undefined });
    expect(transport.published[0]?.routingKey).toBe('t.s');
    expect(request(transport)).toMatchObject({ version: '1.1', _context_user: 'bob' });
    expect(request(transport)).not.toHaveProperty('namespace');
    await prepared.prepare({ server: null, version: null, context: null }).cast('m');
    expect(transport.published[1]?.routingKey).toBe('t');
    expect(Object.keys(request(transport))).toEqual(['method', 'args', 'namespace', '_unique_id']);
  });
});

describe('a client of a known interface', () => {
  interface Volumes {
    resize(args: { id: string; size: number }): Promise<{ status: string }>;
    ping(): void;
  }

  it('knows arguments and results', async () => {
    const transport = new FakeTransport();
    const client = createRpcClient<Volumes>(transport, { topic: 't' });
    expectTypeOf(client.call<'resize'>).returns.resolves.toEqualTypeOf<{ status: string }>();
    expectTypeOf(client.call<'resize'>)
      .parameter(1)
      .toEqualTypeOf<{ id: string; size: number } | undefined>();
    // @ts-expect-error There is no such method.
    await client.cast('shrink');
    // @ts-expect-error A size is a number.
    await client.cast('resize', { id: 'v', size: 'big' });
    await client.prepare({ server: 's' }).cast('resize', { id: 'v', size: 1 });
    expect(transport.published).toHaveLength(3);
  });
});

describe('a serializer', () => {
  it('sees each argument, the context and the result', async () => {
    const { transport, client } = setUp({
      context: { user: 'bob' },
      serializer: {
        serializeValue: (_context, value) => ({ wrapped: value }),
        deserializeValue: (context, value) => [context['user'], value],
        serializeContext: (context) => ({ ...context, serialized: true }),
        deserializeContext: (context) => context,
      },
    });
    const result = client.call('m', { a: 1 });
    await new Promise(setImmediate);
    expect(request(transport)).toMatchObject({ args: { a: { wrapped: 1 } }, _context_serialized: true });
    answer(transport, { result: 2 });
    expect(await result).toEqual(['bob', 2]);
  });
});

describe('bad input is refused before anything is sent', () => {
  const { transport, client } = setUp();
  it.each<[string, () => Promise<unknown>, string, string]>([
    [
      'fanout of a call',
      () => client.call('m', {}, { fanout: true }),
      'INVALID_TARGET',
      'A call cannot be used with fanout',
    ],
    ['no topic', () => client.call('m', {}, { topic: null }), 'INVALID_TARGET', 'A topic is required'],
    ['an empty topic', () => client.call('m', {}, { topic: '' }), 'INVALID_TARGET', 'topic must be a non-empty string'],
    ['a long topic', () => client.call('m', {}, { topic: 'x'.repeat(300) }), 'INVALID_TARGET', 'longer than 214 bytes'],
    ['no method', () => client.call('', {}), 'INVALID_ARGUMENT', 'The method must be a non-empty string'],
    [
      'a number for a method',
      () => client.call(5 as never),
      'INVALID_ARGUMENT',
      'The method must be a non-empty string',
    ],
    [
      'a list for args',
      () => client.call('m', [1] as never),
      'INVALID_ARGUMENT',
      'args must be an object, got a list.',
    ],
    ['null for args', () => client.call('m', null as never), 'INVALID_ARGUMENT', 'args must be an object, got null.'],
    [
      'a bigint',
      () => client.cast('m', { volume: { size: 1n } }),
      'INVALID_ARGUMENT',
      'args.volume.size cannot be sent',
    ],
    [
      'a function in the context',
      () => client.cast('m', {}, { context: { f: () => {} } }),
      'INVALID_ARGUMENT',
      'context.f cannot be sent',
    ],
    ['no time', () => client.call('m', {}, { timeoutMs: 0 }), 'INVALID_ARGUMENT', 'timeoutMs must be a number from 1'],
    [
      'negative time',
      () => client.call('m', {}, { timeoutMs: -1 }),
      'INVALID_ARGUMENT',
      'timeoutMs must be a number from 1',
    ],
    [
      'time without end',
      () => client.call('m', {}, { timeoutMs: Number.POSITIVE_INFINITY }),
      'INVALID_ARGUMENT',
      'timeoutMs must be',
    ],
    [
      'a monitor that servers ignore',
      () => client.call('m', {}, { callMonitorTimeoutMs: 1_000 }),
      'INVALID_ARGUMENT',
      'callMonitorTimeoutMs must be a number from 2000',
    ],
    ['half a retry', () => client.call('m', {}, { retry: 0.5 }), 'INVALID_ARGUMENT', 'retry must be a whole number'],
    [
      'an unknown option',
      () => client.call('m', {}, { timeout: 5 } as never),
      'INVALID_ARGUMENT',
      "There is no option 'timeout'",
    ],
    [
      'a version without minor part',
      () => client.call('m', {}, { version: '5' }),
      'INVALID_VERSION',
      'write it as major.minor',
    ],
  ])('%s', async (_name, send, code, message) => {
    await expect(send()).rejects.toMatchObject({
      code: `ERR_LEVERET_${code}`,
      message: expect.stringContaining(message),
    });
    expect(transport.published).toEqual([]);
    expect(transport.consumed).toEqual([]);
  });

  it('by the client itself', () => {
    expect(() => createRpcClient(transport, {})).toThrow('A client needs a target with a topic.');
    expect(() => createRpcClient(transport, { topic: 't' }, { versionCap: 'x' })).toThrow("Version 'x' is not");
    expect(() => createRpcClient(transport, { topic: 't' }, { replyQueueExpiresMs: -1 })).toThrow(
      'replyQueueExpiresMs must be',
    );
    expect(() => createRpcClient(transport, { topik: 't' } as never)).toThrow("There is no option 'topik' of a target");
  });
});

describe('close', () => {
  it('rejects what waits, and leaves the queue to a reply that may still come', async () => {
    const { transport, client } = setUp();
    const outcome = client.call('m').catch((error: unknown) => error);
    await new Promise(setImmediate);
    await Promise.all([client.close(), client.close()]);
    expect(await outcome).toMatchObject({ code: 'ERR_LEVERET_CLIENT_CLOSED' });
    expect([transport.cancelled.length, transport.deleted]).toEqual([1, []]);
    await expect(client.call('m')).rejects.toMatchObject({ code: 'ERR_LEVERET_CLIENT_CLOSED' });
    await expect(client.prepare({ server: 's' }).cast('m')).rejects.toMatchObject({
      code: 'ERR_LEVERET_CLIENT_CLOSED',
    });
  });

  it('deletes the queue when every call was answered', async () => {
    const { transport, client } = setUp();
    const result = client.call('m');
    await new Promise(setImmediate);
    answer(transport);
    await result;
    await client[Symbol.asyncDispose]();
    expect(transport.deleted).toEqual([transport.consumed[0]?.source.queue.name]);
  });

  it('does nothing where nothing was begun', async () => {
    const { transport, client } = setUp();
    await client.close();
    expect([transport.consumed, transport.cancelled, transport.deleted]).toEqual([[], [], []]);
  });

  it('ends a set-up that is under way', async () => {
    const { transport, client, events } = setUp();
    transport.onConsume = (_source, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const outcome = client.call('m').catch((error: unknown) => error);
    await new Promise(setImmediate);
    await client.close();
    expect(await outcome).toMatchObject({ code: 'ERR_LEVERET_CLIENT_CLOSED' });
    expect(events).toEqual([]);
  });

  it('tells when the queue could not be deleted', async () => {
    const { transport, client, events } = setUp();
    const error = new Error('no connection');
    transport.onDeleteQueue = () => error;
    const result = client.call('m');
    await new Promise(setImmediate);
    answer(transport);
    await result;
    await client.close();
    expect(events).toEqual([{ type: 'queue-left-behind', queue: expect.stringMatching(/^reply_/u), error }]);
  });

  it('keeps a request that waits for a connection from going out later', async () => {
    const { transport, client } = setUp();
    transport.state.publish = { status: 'connecting', attempt: 1 };
    let connect = (): void => {};
    transport.onPublish = () =>
      new Promise<void>((resolve) => {
        connect = resolve;
      });
    await transport.consume(
      { queue: { name: 'q' }, bindings: [{ exchange: { name: 'openstack', type: 'topic' }, routingKey: 't' }] },
      () => {},
    );
    const outcome = client.call('m').catch((error: unknown) => error);
    await new Promise(setImmediate);
    await client.close();
    connect();
    expect(await outcome).toMatchObject({ code: 'ERR_LEVERET_CLIENT_CLOSED' });
    expect(transport.published[0]?.options.signal?.aborted).toBe(true);
    expect(transport.settlements).toEqual([]);
  });
});
