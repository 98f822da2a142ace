import { DeclarationError } from '@leveret/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { expectedErrors, type RequestInfo } from './index.js';
import { body, gate, replies, results, setUpServer } from './testing/server-setup.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that needs no time to pass. */
const turn = () => vi.advanceTimersByTimeAsync(0);

describe('a server', () => {
  it('consumes its topic, itself and everyone, and answers', async () => {
    const { transport, server } = setUpServer({ add: ({ a, b }) => a + b });
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
    const { transport, server } = setUpServer({
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
    const { transport, server, events } = setUpServer({
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
    const { transport, server, events } = setUpServer({
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
    const { transport, server, events } = setUpServer({ m: () => ({ volume: { resize() {} } }) });
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
    const { transport, server } = setUpServer({ m: () => Promise.reject(new TypeError('x')) }, { traceback: false });
    await server.start();
    transport.inject('t', body('m'));
    await turn();
    expect(String(replies(transport)[0]?.['failure'])).not.toContain('server.test');
    await server.stop();
  });

  it('pings back when asked to', async () => {
    const { transport, server } = setUpServer({ m: () => 1 }, { ping: true });
    await server.start();
    transport.inject('t', body('oslo_rpc_server_ping'));
    await turn();
    expect(results(transport)).toEqual(['pong']);
    await server.stop();
  });

  it('runs a request once, however often it comes', async () => {
    const run = vi.fn();
    const { transport, server, events } = setUpServer({ run }, { duplicateWindow: 2 });
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
    const { transport, server } = setUpServer(
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

describe('start and stop', () => {
  it('can each be called twice, in any order, and again', async () => {
    const { transport, server } = setUpServer({ m: () => 1 });
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
    const { transport, server } = setUpServer({ m: () => promise }, { concurrency: 1 });
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
    const { transport, server, events } = setUpServer({
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
    const { transport, server } = setUpServer({ m: () => 1 });
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
    const { transport, server } = setUpServer({ m: () => 1 });
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
    const { transport, server, events } = setUpServer({ m: () => 1 });
    const error = new Error('away');
    transport.onDeleteQueue = () => error;
    await server.start();
    await server.stop();
    expect(events).toEqual([{ type: 'queue-left-behind', queue: expect.stringMatching(/^t_fanout_/u), error }]);
  });
});

it('a listener that throws breaks nothing', async () => {
  const { transport, server } = setUpServer(
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
