import { MessageDeliveryError } from '@leveret/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createIdempotencyWindow, type IdempotencyStore } from './index.js';
import { body, gate, replies, results, setUpServer } from './testing/server-setup.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that needs no time to pass. */
const turn = () => vi.advanceTimersByTimeAsync(0);
const { signal } = new AbortController();

describe('an idempotency window', () => {
  const kept = async (store: IdempotencyStore, ...keys: string[]) =>
    (await Promise.all(keys.map((key) => store.get(key, { signal })))).map((reply) => reply !== undefined);

  it('keeps so many replies', async () => {
    const store = createIdempotencyWindow({ maxReplies: 2 });
    for (const key of ['a', 'b', 'c']) await store.put(key, `reply to ${key}`, { signal });
    expect(await kept(store, 'a', 'b', 'c')).toEqual([false, true, true]);
    expect(await store.get('c', { signal })).toBe('reply to c');
  });

  it('keeps so many bytes, of keys and replies, and none that is larger by itself', async () => {
    const store = createIdempotencyWindow({ maxBytes: 10 });
    await store.put('a', 'xxx', { signal });
    await store.put('b', '€x', { signal });
    expect(await kept(store, 'a', 'b')).toEqual([true, true]);
    await store.put('c', 'x', { signal });
    expect(await kept(store, 'a', 'b', 'c')).toEqual([false, true, true]);
    await store.put('d', 'x'.repeat(10), { signal });
    expect(await kept(store, 'b', 'c', 'd')).toEqual([true, true, false]);
    // Put again, a reply counts once.
    for (let time = 0; time < 5; time += 1) await store.put('c', 'x', { signal });
    expect(await kept(store, 'b', 'c')).toEqual([true, true]);
  });

  it('keeps them for so long', async () => {
    const store = createIdempotencyWindow({ maxAgeMs: 1_000 });
    await store.put('a', 'x', { signal });
    vi.advanceTimersByTime(999);
    expect(await kept(store, 'a')).toEqual([true]);
    vi.advanceTimersByTime(1);
    expect(await kept(store, 'a')).toEqual([false]);
  });

  it('refuses limits that are none', () => {
    expect(() => createIdempotencyWindow({ maxBytes: -1 })).toThrow('maxBytes must be a number from 0');
    expect(() => createIdempotencyWindow({ maxCount: 1 } as never)).toThrow("There is no option 'maxCount'");
  });
});

describe('a request that comes again after it was answered', () => {
  it('gets the same reply once more, and is not run', async () => {
    let runs = 0;
    const run = () => {
      runs += 1;
      return runs;
    };
    const { transport, server, events } = setUpServer({ run }, { acknowledge: 'after' });
    await server.start();
    const request = body('run', {}, { id: 'a' });
    for (let copy = 0; copy < 3; copy += 1) {
      transport.inject('t', request);
      await turn();
    }
    expect([runs, results(transport)]).toEqual([1, [1, 1, 1]]);
    const repeated = { type: 'request-repeated', uniqueId: 'a', answered: true };
    expect(events).toEqual([repeated, repeated]);
    expect(transport.settlements.map(({ action }) => action)).toEqual(['ack', 'ack', 'ack']);
    await server.stop();
  });

  it('whose reply was lost with the connection, as its acknowledgement was', async () => {
    const run = vi.fn(() => 'kept');
    const { transport, server } = setUpServer({ run }, { acknowledge: 'after' });
    await server.start();
    const gone = new MessageDeliveryError('gone', { outcome: 'unknown', exchange: '', routingKey: 'reply_q' });
    transport.onPublish = () => {
      transport.onPublish = () => undefined;
      transport.loseConnection();
      return gone;
    };
    transport.inject('t', body('run'));
    await turn();
    expect([run.mock.calls.length, results(transport)]).toEqual([1, ['kept']]);
    await server.stop();
  });

  it('gets the same failure', async () => {
    const run = vi.fn(() => Promise.reject(new RangeError('no')));
    const { transport, server } = setUpServer({ run }, { acknowledge: 'after' });
    await server.start();
    const request = body('run');
    transport.inject('t', request);
    await turn();
    transport.inject('t', request);
    await turn();
    expect(run).toHaveBeenCalledTimes(1);
    expect(replies(transport).map(({ failure }) => JSON.parse(String(failure)).message)).toEqual(['no', 'no']);
    await server.stop();
  });

  it('of a cast, or whose reply is not kept any more, is acknowledged and no more', async () => {
    const run = vi.fn(() => 'x'.repeat(100));
    const idempotency = createIdempotencyWindow({ maxBytes: 50 });
    const { transport, server, events } = setUpServer({ run }, { acknowledge: 'after', idempotency });
    await server.start();
    for (const request of [body('run', {}, { id: 'a' }), body('run', {}, { id: 'b', cast: true })]) {
      transport.inject('t', request);
      await turn();
      transport.inject('t', request);
      await turn();
    }
    expect([run.mock.calls.length, replies(transport).length]).toEqual([2, 1]);
    expect(events).toEqual(['a', 'b'].map((uniqueId) => ({ type: 'request-repeated', uniqueId })));
    expect(transport.settlements).toHaveLength(4);
    await server.stop();
  });

  it('at another server of the same store', async () => {
    const idempotency = createIdempotencyWindow();
    const first = setUpServer({ run: () => 'of the first' }, { acknowledge: 'after', idempotency });
    const second = setUpServer({ run: () => 'of the second' }, { acknowledge: 'after', idempotency });
    await Promise.all([first.server.start(), second.server.start()]);
    const request = body('run');
    first.transport.inject('t', request);
    await turn();
    second.transport.inject('t', request);
    await turn();
    expect(results(second.transport)).toEqual(['of the first']);
    await Promise.all([first.server.stop(), second.server.stop()]);
  });
});

describe('a store that', () => {
  it.each<[string, (error: Error) => Promise<undefined>]>([
    ['rejects', (error) => Promise.reject(error)],
    [
      'throws',
      (error) => {
        throw error;
      },
    ],
  ])('%s is told of, and the request is run and answered', async (_name, fail) => {
    const error = new Error('store');
    const idempotency = { get: () => fail(error), put: () => fail(error) };
    const { transport, server, events } = setUpServer({ m: () => 1 }, { acknowledge: 'after', idempotency });
    await server.start();
    transport.inject('t', body('m'));
    await turn();
    expect(results(transport)).toEqual([1]);
    const failed = { type: 'idempotency-failed', error };
    expect(events).toEqual([
      { ...failed, operation: 'get' },
      { ...failed, operation: 'put' },
    ]);
    expect(vi.getTimerCount()).toBe(0);
    await server.stop();
  });

  it('never answers is waited for 5 s, and then told to give up', async () => {
    const signals: AbortSignal[] = [];
    const hang = (asked: AbortSignal) => {
      signals.push(asked);
      return new Promise<undefined>(() => {});
    };
    const idempotency: IdempotencyStore = {
      get: (_key, options) => hang(options.signal),
      put: (_key, _reply, options) => hang(options.signal),
    };
    const { transport, server, events } = setUpServer({ m: () => 1 }, { acknowledge: 'after', idempotency });
    await server.start();
    transport.inject('t', body('m'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(results(transport)).toEqual([1]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(events.map(({ type }) => type)).toEqual(['idempotency-failed', 'idempotency-failed']);
    await server.stop();
  });
});

it('methods are acknowledged as each of them says', async () => {
  const { promise, open } = gate();
  const { transport, server } = setUpServer(
    { careful: () => promise, quick: () => promise },
    { acknowledge: { careful: 'after' } },
  );
  await server.start();
  transport.inject('t', body('careful'));
  transport.inject('t', body('constructor'));
  await turn();
  expect(transport.settlements).toHaveLength(1);
  transport.inject('t', body('quick'));
  await turn();
  expect(transport.settlements).toHaveLength(2);
  open();
  await turn();
  expect(transport.settlements).toHaveLength(3);
  await server.stop();
});
