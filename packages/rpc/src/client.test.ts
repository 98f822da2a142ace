import { MessageDeliveryError, MessageUndeliverableError, UnansweredError } from '@leveret/transport';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { createRpcClient } from './index.js';
import { answer, request, setUpClient } from './testing/client-setup.js';
import { FakeTransport } from './testing/fake-transport.js';

describe('a cast', () => {
  it('resolves when the broker has it, and needs no reply queue', async () => {
    const { transport, client } = setUpClient();
    await client.cast('m', { a: 1 }, { timeoutMs: 700 });
    expect(transport.consumed).toEqual([]);
    expect(transport.published[0]?.options).toMatchObject({ mandatory: false, timeoutMs: 700 });
    expect(transport.published[0]?.options).not.toHaveProperty('expirationMs');
  });

  it('with fanout is never mandatory', async () => {
    const { transport, client } = setUpClient();
    await client.cast('m', {}, { fanout: true, mandatory: true });
    expect(transport.published[0]).toMatchObject({
      exchange: 't_fanout',
      routingKey: '',
      options: { mandatory: false },
    });
  });

  it('fails with the method, the target and the cause', async () => {
    const { transport, client } = setUpClient();
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
    const { transport, client } = setUpClient({ context: { user: 'bob' } });
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
      .toEqualTypeOf<{ id: string; size: number }>();
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
    const { transport, client } = setUpClient({
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
  const { transport, client } = setUpClient();
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
    const { transport, client } = setUpClient();
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
    const { transport, client } = setUpClient();
    const result = client.call('m');
    await new Promise(setImmediate);
    answer(transport);
    await result;
    await client[Symbol.asyncDispose]();
    expect(transport.deleted).toEqual([transport.consumed[0]?.source.queue.name]);
  });

  const facts = { exchange: 'openstack', routingKey: 't' };
  it.each([
    ['not sent', new MessageDeliveryError('too late', { outcome: 'not-sent', ...facts }), true],
    ['returned', new MessageUndeliverableError('openstack', 't', 312, 'NO_ROUTE'), true],
    ['sent, perhaps', new MessageDeliveryError('too late', { outcome: 'unknown', ...facts }), false],
    ['refused by one of several queues', new MessageDeliveryError('nack', { outcome: 'refused', ...facts }), false],
  ])('deletes the queue unless a server can have the request: it was %s', async (_case, failure, deletes) => {
    const { transport, client } = setUpClient();
    transport.onPublish = () => failure;
    await client.call('m').catch(() => {});
    await client.close();
    expect(transport.deleted.length).toBe(deletes ? 1 : 0);
  });

  it('deletes the queue when a call was given up before its request turned out to be unsent', async () => {
    const { transport, client } = setUpClient();
    let fail = (_error: Error): void => {};
    transport.onPublish = () =>
      new Promise((resolve) => {
        fail = resolve;
      });
    const controller = new AbortController();
    const outcome = client.call('m', {}, { signal: controller.signal, cancelRemote: false }).catch(() => {});
    await new Promise(setImmediate);
    controller.abort();
    await outcome;
    fail(new MessageDeliveryError('too late', { outcome: 'not-sent', ...facts }));
    await new Promise(setImmediate);
    await client.close();
    expect(transport.deleted.length).toBe(1);
  });

  it('does nothing where nothing was begun', async () => {
    const { transport, client } = setUpClient();
    await client.close();
    expect([transport.consumed, transport.cancelled, transport.deleted]).toEqual([[], [], []]);
  });

  it('ends a set-up that is under way', async () => {
    const { transport, client, events } = setUpClient();
    transport.onConsume = (_source, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const outcome = client.call('m').catch((error: unknown) => error);
    await new Promise(setImmediate);
    await client.close();
    expect(await outcome).toMatchObject({ code: 'ERR_LEVERET_CLIENT_CLOSED' });
    expect(events).toEqual([]);
  });

  it('tells when the queue could not be deleted', async () => {
    const { transport, client, events } = setUpClient();
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
    const { transport, client } = setUpClient();
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

describe('a reply queue that hangs', () => {
  const hangs = new UnansweredError('reply_q', 10_000);
  const nameOf = (transport: FakeTransport, index: number) => transport.consumed[index]?.source.queue.name;

  it('fails the call that waits for it, and the next one has another queue', async () => {
    const { transport, client, events } = setUpClient();
    transport.onConsume = () => hangs;
    await expect(client.call('m')).rejects.toMatchObject({
      code: 'ERR_LEVERET_CLIENT_SEND',
      stage: 'reply-queue',
      cause: hangs,
    });
    transport.onConsume = () => undefined;
    const result = client.call('m');
    await new Promise(setImmediate);
    answer(transport, { result: 1 });
    expect(await result).toBe(1);
    expect(nameOf(transport, 1)).not.toBe(nameOf(transport, 0));
    expect(request(transport)['_reply_q']).toBe(nameOf(transport, 1));
    expect(events).toEqual([{ type: 'reply-queue-failed', queue: nameOf(transport, 0), error: hangs }]);
  });

  it('after a reconnect is told, and left for another one', async () => {
    const { transport, client, events } = setUpClient();
    for (const [value, end] of [
      [1, () => transport.endConsumers({ reason: 'unanswered', error: hangs })],
      [2],
    ] as const) {
      const result = client.call('m');
      await new Promise(setImmediate);
      answer(transport, { result: value });
      expect(await result).toBe(value);
      end?.();
      await new Promise(setImmediate);
    }
    expect(nameOf(transport, 1)).not.toBe(nameOf(transport, 0));
    expect(events).toEqual([{ type: 'reply-queue-failed', queue: nameOf(transport, 0), error: hangs }]);
  });
});
