import { ConnectionLostError, DeclarationError } from '@leveret/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeEnvelope } from './envelope.js';
import {
  createRpcServer,
  type Endpoint,
  expectedErrors,
  type RequestInfo,
  type RpcServerEvent,
  type ServerOptions,
} from './index.js';
import { encodeRequest } from './request.js';
import { FakeTransport } from './testing/fake-transport.js';

const TARGET = { topic: 't', server: 's' };

function setUp(methods: Endpoint['methods'], options: ServerOptions = {}) {
  const transport = new FakeTransport();
  transport.declare('reply_q');
  const events: RpcServerEvent[] = [];
  const server = createRpcServer(transport, TARGET, [{ methods }], {
    onEvent: (event) => void events.push(event),
    ...options,
  });
  return { transport, server, events };
}

let lastId = 0;
function body(
  method: string,
  args: Record<string, unknown> = {},
  options: { cast?: boolean; id?: string; queue?: string; monitor?: unknown } = {},
) {
  lastId += 1;
  const reply = {
    messageId: `M${lastId}`,
    queue: options.queue ?? 'reply_q',
    monitorSeconds: (options.monitor ?? null) as number,
  };
  const request = {
    method,
    args,
    namespace: null,
    version: null,
    context: { user: 'bob' },
    uniqueId: options.id ?? `U${lastId}`,
  };
  return encodeRequest(options.cast === true ? request : { ...request, reply });
}

const replies = (transport: FakeTransport) => transport.waiting('reply_q').map(decodeEnvelope);
const results = (transport: FakeTransport) => replies(transport).map((reply) => reply['result']);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});
const turn = () => vi.advanceTimersByTimeAsync(0);

/** A promise to be settled by hand. */
function gate() {
  let open = (_value?: unknown): void => {};
  const promise = new Promise((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

describe('a server', () => {
  it('consumes its topic, itself and everyone, and answers', async () => {
    const { transport, server } = setUp({ add: ({ a, b }) => a + b });
    await server.start();
    expect(transport.consumed.map(({ source, options }) => [source.queue.name, options.prefetch])).toEqual([
      ['t', 100],
      ['t.s', 100],
      [expect.stringMatching(/^t_fanout_[0-9a-f]{32}$/u), 100],
    ]);
    for (const queue of ['t', 't.s', String(transport.consumed[2]?.source.queue.name)])
      transport.inject(queue, body('add', { a: 1, b: 2 }));
    await turn();
    expect(results(transport)).toEqual([3, 3, 3]);
    expect(transport.published[0]?.options).toMatchObject({ mandatory: true, persistent: true, priority: 0 });
    await server.stop();
  });

  it('tells the method who asks', async () => {
    let seen: RequestInfo | undefined;
    const { transport, server } = setUp({
      m: (_args, request) => {
        seen = request;
      },
    });
    await server.start();
    transport.inject('t', body('m', {}, { monitor: 4 }));
    await turn();
    expect(seen).toMatchObject({
      method: 'm',
      namespace: null,
      version: '1.0',
      context: { user: 'bob', client_timeout: 4 },
      kind: 'call',
      clientTimeoutMs: 4000,
      redelivered: false,
    });
    expect(seen?.signal.aborted).toBe(false);
    expect(results(transport)).toEqual([null]);
    await server.stop();
  });

  it('answers a cast with nothing, and tells when it failed', async () => {
    const boom = new Error('boom');
    const { transport, server, events } = setUp({
      m: () => {
        throw boom;
      },
    });
    await server.start();
    transport.inject('t', body('m', {}, { cast: true }));
    await turn();
    expect(transport.published).toEqual([]);
    expect(events).toEqual([{ type: 'request-failed', method: 'm', error: boom, expected: false, kind: 'cast' }]);
    await server.stop();
  });

  it('answers whatever is thrown, and says which errors were expected', async () => {
    const { transport, server, events } = setUp({
      text: () => {
        throw 'no error at all';
      },
      rejects: () => Promise.reject(undefined),
      expected: expectedErrors([RangeError], () => {
        throw new RangeError('out');
      }),
      unexpected: expectedErrors([RangeError], () => {
        throw new TypeError('in');
      }),
    });
    await server.start();
    for (const method of ['text', 'rejects', 'expected', 'unexpected', 'none']) transport.inject('t', body(method));
    await turn();
    expect(
      replies(transport)
        .map(({ failure }) => (JSON.parse(String(failure)) as { class: string }).class)
        .sort(),
    ).toEqual(['Exception', 'Exception', 'NoSuchMethod', 'TypeError', 'ValueError']);
    expect(events.filter((event) => event.type === 'request-failed' && event.expected)).toHaveLength(1);
    await server.stop();
  });

  it('answers a result that JSON cannot carry with a failure that says why', async () => {
    const { transport, server, events } = setUp({ m: () => ({ volume: { resize() {} } }) });
    await server.start();
    transport.inject('t', body('m'));
    await turn();
    expect(JSON.parse(String(replies(transport)[0]?.['failure']))).toMatchObject({
      class: 'RuntimeError',
      message: "The method 'm' ended, but its result.volume.resize cannot be sent: it is a function.",
    });
    expect(events.map(({ type }) => type)).toEqual(['result-refused', 'request-failed']);
    await server.stop();
  });

  it('leaves the stack out when told to', async () => {
    const { transport, server } = setUp({ m: () => Promise.reject(new TypeError('x')) }, { traceback: false });
    await server.start();
    transport.inject('t', body('m'));
    await turn();
    expect(String(replies(transport)[0]?.['failure'])).not.toContain('server.test');
    await server.stop();
  });

  it('pings back when asked to', async () => {
    const { transport, server } = setUp({ m: () => 1 }, { ping: true });
    await server.start();
    transport.inject('t', body('oslo_rpc_server_ping'));
    await turn();
    expect(results(transport)).toEqual(['pong']);
    await server.stop();
  });

  it('runs a request once, however often it comes', async () => {
    const run = vi.fn();
    const { transport, server, events } = setUp({ run }, { duplicateWindow: 2 });
    await server.start();
    for (const id of ['a', 'a', 'b', 'a', 'c', 'a']) transport.inject('t', body('run', {}, { cast: true, id }));
    await turn();
    // The window of two ids has forgotten `a` when it comes last.
    expect(run).toHaveBeenCalledTimes(4);
    expect(events).toEqual([
      { type: 'request-repeated', uniqueId: 'a' },
      { type: 'request-repeated', uniqueId: 'a' },
    ]);
    await server.stop();
  });

  it('applies its serializer', async () => {
    const { transport, server } = setUp(
      { m: ({ a }, { context }) => [a, context['name']] },
      {
        serializer: {
          serializeValue: (_context, value) => ({ sent: value }),
          deserializeValue: (_context, value) => `got ${value}`,
          serializeContext: (context) => context,
          deserializeContext: (context) => ({ name: context['user'] }),
        },
      },
    );
    await server.start();
    transport.inject('t', body('m', { a: 1 }));
    await turn();
    expect(results(transport)).toEqual([{ sent: ['got 1', 'bob'] }]);
    await server.stop();
  });
});

describe('acknowledging', () => {
  it('before: a request is acknowledged when it begins, and those beyond the concurrency wait unacknowledged', async () => {
    const { promise, open } = gate();
    const { transport, server } = setUp({ m: () => promise }, { concurrency: 2 });
    await server.start();
    for (let index = 0; index < 5; index += 1) transport.inject('t', body('m'));
    await turn();
    expect(transport.settlements).toHaveLength(2);
    open('done');
    await turn();
    expect(results(transport)).toHaveLength(5);
    await server.stop();
  });

  it('before: a request whose connection went is left to be delivered again, and then runs once', async () => {
    const first = gate();
    const run = vi.fn(() => first.promise);
    const { transport, server, events } = setUp({ run }, { concurrency: 1 });
    await server.start();
    transport.inject('t', body('run', {}, { id: 'a' }));
    transport.inject('t', body('run', {}, { id: 'b' }));
    await turn();
    transport.loseConnection();
    first.open();
    await turn();
    expect(events).toEqual([{ type: 'request-lost', uniqueId: 'b' }]);
    expect(run).toHaveBeenCalledTimes(2);
    expect(results(transport)).toHaveLength(2);
    await server.stop();
  });

  it('after: a request is acknowledged when it was answered', async () => {
    const { promise, open } = gate();
    const { transport, server } = setUp({ m: () => promise }, { acknowledge: 'after' });
    await server.start();
    transport.inject('t', body('m'));
    await turn();
    expect(transport.settlements).toEqual([]);
    open(1);
    await turn();
    expect([results(transport), transport.settlements]).toEqual([[1], [{ queue: 't', action: 'ack' }]]);
    await server.stop();
  });

  it('after: a copy that comes while the first still runs is acknowledged with it, and not run', async () => {
    const { promise, open } = gate();
    const run = vi.fn(() => promise);
    const { transport, server } = setUp({ run }, { acknowledge: 'after', concurrency: 1 });
    await server.start();
    transport.inject('t', body('run'));
    await turn();
    transport.loseConnection();
    await turn();
    expect(transport.settlements).toEqual([]);
    open();
    await turn();
    expect(run).toHaveBeenCalledTimes(1);
    expect(transport.settlements).toEqual([{ queue: 't', action: 'ack' }]);
    await server.stop();
  });
});

describe('the call monitor', () => {
  it('beats at half the caller’s timeout while the method runs, and not after', async () => {
    const { promise, open } = gate();
    const { transport, server } = setUp({ m: () => promise });
    await server.start();
    transport.inject('t', body('m', {}, { monitor: 3 }));
    await vi.advanceTimersByTimeAsync(3_100);
    expect(replies(transport)).toEqual([
      expect.objectContaining({ result: null, failure: null, ending: false }),
      expect.objectContaining({ result: null, failure: null, ending: false }),
    ]);
    open('done');
    await turn();
    expect(vi.getTimerCount()).toBe(0);
    expect(replies(transport)[2]).toMatchObject({ result: 'done', ending: true });
    await server.stop();
  });

  it('is stopped when there is no such method, or the method throws', async () => {
    const { transport, server } = setUp({ m: () => Promise.reject(new Error('x')) });
    await server.start();
    for (const method of ['none', 'm']) transport.inject('t', body(method, {}, { monitor: 2 }));
    await turn();
    expect(vi.getTimerCount()).toBe(0);
    await server.stop();
  });

  it('ends at the first beat that finds nobody', async () => {
    const { promise, open } = gate();
    const { transport, server } = setUp({ m: () => promise }, { missingReplyQueueTimeoutMs: 0 });
    await server.start();
    transport.inject('t', body('m', {}, { monitor: 2, queue: 'gone' }));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(transport.published).toHaveLength(1);
    open();
    await turn();
    await server.stop();
  });

  it.each([1, 2.5, 'x', true, -4])('refuses a timeout of %s, and says so', async (monitor) => {
    const { transport, server, events } = setUp({ m: () => 1 });
    await server.start();
    transport.inject('t', body('m', {}, { monitor }));
    await turn();
    expect(events).toEqual([{ type: 'call-monitor-refused', value: monitor }]);
    expect(results(transport)).toEqual([1]);
    await server.stop();
  });
});

describe('a reply whose queue is missing', () => {
  it('is tried again every quarter of a second, and arrives when the queue is there', async () => {
    const { transport, server, events } = setUp({ m: ({ n }) => n });
    await server.start();
    for (const n of [1, 2, 3]) transport.inject('t', body('m', { n }, { queue: 'late' }));
    await vi.advanceTimersByTimeAsync(1_000);
    // Three to begin with, then one probe for all of them.
    expect(transport.published).toHaveLength(3 + 4);
    transport.declare('late');
    await vi.advanceTimersByTimeAsync(250);
    expect(transport.waiting('late').map((each) => decodeEnvelope(each)['result'])).toEqual([1, 2, 3]);
    expect(events).toEqual([{ type: 'reply-delayed', queue: 'late' }]);
    await server.stop();
  });

  it('is given up after the time allowed, and so are others to that queue for a minute', async () => {
    const { transport, server, events } = setUp({ m: () => 1 }, { missingReplyQueueTimeoutMs: 3_000 });
    await server.start();
    transport.inject('t', body('m', {}, { queue: 'gone' }));
    await vi.advanceTimersByTimeAsync(4_000);
    // As oslo: one, and a dozen retries within three seconds.
    expect(transport.published).toHaveLength(13);
    transport.inject('t', body('m', {}, { queue: 'gone' }));
    await turn();
    expect(transport.published).toHaveLength(13);
    const dropped = { type: 'reply-dropped', queue: 'gone', reason: 'queue-missing' };
    expect(events).toMatchObject([{ type: 'reply-delayed' }, dropped, dropped]);
    await vi.advanceTimersByTimeAsync(60_000);
    transport.inject('t', body('m', {}, { queue: 'gone' }));
    await turn();
    expect(transport.published).toHaveLength(14);
    await server.stop();
    expect(events.at(-1)).toMatchObject({ type: 'reply-dropped', queue: 'gone', reason: 'stopped' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('holds up no other request', async () => {
    const { transport, server } = setUp({ m: ({ n }) => n }, { concurrency: 1 });
    await server.start();
    transport.inject('t', body('m', { n: 1 }, { queue: 'gone' }));
    transport.inject('t', body('m', { n: 2 }));
    await turn();
    expect(results(transport)).toEqual([2]);
    await server.stop();
  });

  it('that fails otherwise is dropped and told', async () => {
    const { transport, server, events } = setUp({ m: () => 1 });
    const error = new ConnectionLostError('h:1', 'lost');
    transport.onPublish = () => error;
    await server.start();
    transport.inject('t', body('m'));
    transport.inject('t', '{"method": "m", "_msg_id": "M0"}');
    await turn();
    expect(events).toEqual([
      { type: 'reply-dropped', queue: undefined, messageId: 'M0', reason: 'no-queue-named' },
      { type: 'reply-dropped', queue: 'reply_q', messageId: expect.any(String), reason: 'not-sent', error },
    ]);
    await server.stop();
  });
});

describe('start and stop', () => {
  it('can each be called twice, in any order, and again', async () => {
    const { transport, server } = setUp({ m: () => 1 });
    await server.stop();
    expect(server.status).toBe('stopped');
    await Promise.all([server.start(), server.start()]);
    expect([server.status, transport.consumed.length]).toEqual(['running', 3]);
    const stopped = server.stop();
    expect(server.status).toBe('stopping');
    const started = server.start();
    await Promise.all([stopped, server.stop(), started]);
    expect([server.status, transport.consumed.length, transport.deleted.length]).toEqual(['running', 6, 1]);
    await server[Symbol.asyncDispose]();
    expect(server.status).toBe('stopped');
  });

  it('stops consuming first, gives back what has not begun, and lets what runs end and be answered', async () => {
    const { promise, open } = gate();
    const { transport, server } = setUp({ m: () => promise }, { concurrency: 1 });
    await server.start();
    transport.inject('t', body('m'));
    transport.inject('t', body('m'));
    await turn();
    const stopped = server.stop();
    await turn();
    expect(transport.cancelled).toHaveLength(3);
    expect(transport.settlements.map(({ action }) => action)).toEqual(['ack', 'requeue']);
    expect(transport.deleted).toEqual([]);
    open('done');
    await stopped;
    expect(results(transport)).toEqual(['done']);
    expect(transport.waiting('t')).toHaveLength(1);
    expect(transport.deleted).toEqual([transport.consumed[2]?.source.queue.name]);
  });

  it('fires the signals of what still runs when the drain time is over', async () => {
    const reasons: unknown[] = [];
    const { transport, server, events } = setUp({
      m: (_args, { signal }) => new Promise(() => signal.addEventListener('abort', () => reasons.push(signal.reason))),
    });
    await server.start();
    transport.inject('t', body('m'));
    await turn();
    const stopped = server.stop({ drainMs: 500 });
    await vi.advanceTimersByTimeAsync(499);
    expect(reasons).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await stopped;
    expect(reasons).toEqual([expect.objectContaining({ code: 'ERR_LEVERET_SERVER_STOPPED' })]);
    expect(events).toEqual([{ type: 'drain-ended', unfinished: 1 }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a start that fails leaves nothing, and can be tried again', async () => {
    const { transport, server } = setUp({ m: () => 1 });
    const refusal = new DeclarationError(406, 'refused');
    transport.onConsume = ({ queue }) => (queue.name === 't.s' ? refusal : undefined);
    await expect(server.start()).rejects.toBe(refusal);
    expect([server.status, transport.cancelled]).toEqual(['stopped', ['t']]);
    transport.onConsume = () => undefined;
    await server.start();
    expect(server.status).toBe('running');
    await server.stop();
  });

  it('a stop ends a start that waits for the broker', async () => {
    const { transport, server } = setUp({ m: () => 1 });
    transport.onConsume = (_source, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const started = server.start().catch((error: unknown) => error);
    await turn();
    await server.stop();
    expect(await started).toMatchObject({ code: 'ERR_LEVERET_SERVER_STOPPED' });
    expect(server.status).toBe('stopped');
    const reason = new Error('mine');
    const aborted = server.start({ signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toBe(reason);
  });

  it('a stop tells when the fanout queue could not be deleted', async () => {
    const { transport, server, events } = setUp({ m: () => 1 });
    const error = new Error('away');
    transport.onDeleteQueue = () => error;
    await server.start();
    await server.stop();
    expect(events).toEqual([{ type: 'queue-left-behind', queue: expect.stringMatching(/^t_fanout_/u), error }]);
  });
});

it('a listener that throws breaks nothing', async () => {
  const { transport, server } = setUp(
    { m: () => Promise.reject(new Error('x')) },
    {
      onEvent: () => {
        throw new Error('listener');
      },
    },
  );
  await server.start();
  transport.inject('t', body('m'));
  await turn();
  expect(replies(transport)).toHaveLength(1);
  await server.stop();
});

it.each<[string, () => unknown, string]>([
  [
    'no topic',
    () => createRpcServer(new FakeTransport(), { server: 's' }, []),
    'A server needs a target with a topic.',
  ],
  [
    'no server',
    () => createRpcServer(new FakeTransport(), { topic: 't' }, []),
    'A server needs a target with a server',
  ],
  ['no endpoint', () => createRpcServer(new FakeTransport(), TARGET, []), 'A server needs at least one endpoint.'],
  [
    'no list',
    () => createRpcServer(new FakeTransport(), TARGET, {} as never),
    'The endpoints of a server must be a list.',
  ],
  [
    'no concurrency',
    () => setUp({ m: () => 1 }, { concurrency: 0 }),
    'concurrency must be a number from 1 to 65535, got 0.',
  ],
  [
    'an odd acknowledge',
    () => setUp({ m: () => 1 }, { acknowledge: 'late' as never }),
    "acknowledge must be 'before' or 'after'.",
  ],
  ['an odd policy', () => setUp({ m: () => 1 }, { accessPolicy: 'all' as never }), 'accessPolicy must be'],
  [
    'an unknown option',
    () => setUp({ m: () => 1 }, { threads: 1 } as never),
    "There is no option 'threads' of a server",
  ],
])('a server with %s is refused', (_name, create, message) => {
  expect(create).toThrow(message);
});
