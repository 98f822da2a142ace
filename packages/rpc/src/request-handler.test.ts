import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { body, gate, replies, results, setUpServer } from './testing/server-setup.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that needs no time to pass. */
const turn = () => vi.advanceTimersByTimeAsync(0);

describe('acknowledging', () => {
  it('before: a request is acknowledged when it begins, and those beyond the concurrency wait unacknowledged', async () => {
    const { promise, open } = gate();
    const { transport, server } = setUpServer({ m: () => promise }, { concurrency: 2 });
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
    const { transport, server, events } = setUpServer({ run }, { concurrency: 1 });
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
    const { transport, server } = setUpServer({ m: () => promise }, { acknowledge: 'after' });
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
    const { transport, server } = setUpServer({ run }, { acknowledge: 'after', concurrency: 1 });
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
    const { transport, server } = setUpServer({ m: () => promise });
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
    const { transport, server } = setUpServer({ m: () => Promise.reject(new Error('x')) });
    await server.start();
    for (const method of ['none', 'm']) transport.inject('t', body(method, {}, { monitor: 2 }));
    await turn();
    expect(vi.getTimerCount()).toBe(0);
    await server.stop();
  });

  it('ends at the first beat that finds nobody', async () => {
    const { promise, open } = gate();
    const { transport, server } = setUpServer({ m: () => promise }, { missingReplyQueueTimeoutMs: 0 });
    await server.start();
    transport.inject('t', body('m', {}, { monitor: 2, queue: 'gone' }));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(transport.published).toHaveLength(1);
    open();
    await turn();
    await server.stop();
  });

  it.each([1, 2.5, 'x', true, -4])('refuses a timeout of %s, and says so', async (monitor) => {
    const { transport, server, events } = setUpServer({ m: () => 1 });
    await server.start();
    transport.inject('t', body('m', {}, { monitor }));
    await turn();
    expect(events).toEqual([{ type: 'call-monitor-refused', value: monitor }]);
    expect(results(transport)).toEqual([1]);
    await server.stop();
  });
});
